"""What is committed installs from any mirror: it names no package index and no way to one."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

# Written apart, so that this file does not find itself.
REGISTRIES = [
    "py" + "pi.org",
    "python" + "hosted.org",
    "registry.npm" + "js.org",
    "registry.yarn" + "pkg.com",
    "download.py" + "torch.org",
    "deb.deb" + "ian.org",
    "proxy.go" + "lang.org",
]
INDEX_OPTIONS = re.compile(
    r"--(?:extra-)?index-url|--find-links|find_links\s*=|index_url\s*=|file://"
)


def _committed_text() -> dict[str, str]:
    listing = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    paths = [name for name in listing.stdout.decode().split("\0") if name]
    return {
        name: (ROOT / name).read_text(errors="replace") for name in paths if (ROOT / name).is_file()
    }


@pytest.mark.parametrize("host", REGISTRIES)
def test_no_file_names_a_package_registry(host):
    naming = [name for name, text in _committed_text().items() if host in text]

    assert naming == []


def test_no_requirement_says_where_to_fetch_from():
    telling = [
        path.name
        for path in (ROOT / "requirements").iterdir()
        if INDEX_OPTIONS.search(path.read_text())
    ]

    assert telling == []


def test_every_requirement_is_locked_by_hash():
    unlocked = [
        line
        for path in (ROOT / "requirements").glob("*.txt")
        for line in path.read_text().replace("\\\n", " ").splitlines()
        if line and not line.lstrip().startswith("#") and "--hash=sha256:" not in line
    ]

    assert unlocked == []


@pytest.mark.parametrize("lock", ["uv.lock", "pylock.toml", "package-lock.json"])
def test_no_lock_that_lists_addresses_is_committed(lock):
    assert [name for name in _committed_text() if Path(name).name == lock] == []
