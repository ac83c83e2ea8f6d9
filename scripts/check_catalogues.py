"""Say whether every catalogue in translations/ still matches the words in code and templates."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PYBABEL = Path(sys.executable).parent / "pybabel"
KEYWORDS = ("lazy_gettext", "lazy_pgettext:1c,2")


def pybabel(*arguments: str) -> int:
    """Run one Babel command in the project's root and return its exit code."""
    return subprocess.run([PYBABEL, "--quiet", *arguments], cwd=ROOT, check=False).returncode


def main() -> int:
    """Extract what is there now, and compare it with what is translated."""
    with tempfile.TemporaryDirectory() as directory:
        template = f"{directory}/messages.pot"
        keywords = [part for word in KEYWORDS for part in ("--keyword", word)]
        extracted = pybabel(
            "extract", "--mapping=pyproject.toml", *keywords, f"--output={template}", "."
        )
        if extracted:
            return extracted
        behind = pybabel(
            "update", "--check", "--no-fuzzy-matching", f"--input-file={template}",
            "--output-dir=translations",
        )  # fmt: skip
    if behind:
        print("The catalogues are behind the code: run `flask portal translate update`.")
    return behind


if __name__ == "__main__":
    sys.exit(main())
