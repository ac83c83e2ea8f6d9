"""Write docs/settings.md from portal/settings.py: every field, its default, and its comment."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from portal.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "portal" / "settings.py"
PAGE = ROOT / "docs" / "settings.md"
HEAD = """# Settings

All settings are environment variables, read once at the start; what makes no sense is named in
one line and nothing starts. Merchants' own data (keys, colours, addresses) are not settings: see
`flask portal merchant --help`.

Made from `portal/settings.py` by `python -m scripts.settings_reference`; a test compares the two.

| Variable | Default | What it says |
| --- | --- | --- |
"""


def variable(name: str, field: FieldInfo) -> str:
    """Return the environment variable of a field."""
    return field.alias or name.upper()


def default(field: FieldInfo) -> str:
    """Return a default as it would be typed; nothing where it is empty."""
    value = field.default
    plain = value.get_secret_value() if isinstance(value, SecretStr) else value
    text = str(int(plain) if isinstance(plain, bool) else plain)
    return f"`{text}`" if text else ""


def comments() -> dict[str, str]:
    """Return the comment above each field of Settings."""
    lines = SOURCE.read_text().splitlines()
    (settings,) = [
        node
        for node in ast.parse("\n".join(lines)).body
        if isinstance(node, ast.ClassDef) and node.name == "Settings"
    ]
    found = {}
    for node in settings.body:
        if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            said: list[str] = []
            above = node.lineno - 2
            while lines[above].strip().startswith("#"):
                said.insert(0, lines[above].strip().removeprefix("#").strip())
                above -= 1
            found[node.target.id] = " ".join(said)
    return found


def page() -> str:
    """Return the whole page."""
    said = comments()
    rows = [
        f"| `{variable(name, field)}` | {default(field)} | {_in_a_cell(said[name])} |"
        for name, field in Settings.model_fields.items()
    ]
    return HEAD + "\n".join(rows) + "\n"


def _in_a_cell(text: str) -> str:
    return re.sub(r"\|", r"\\|", text)


if __name__ == "__main__":
    PAGE.write_text(page())
