"""Writes which fields Stripe always sends, and which it never sends as null: `presence.json`, by
class of the Python SDK, for the shape tests, and the sandbox's `left_out.json`, the latter alone.

The Python SDK writes both as Optional. The type declarations of Stripe's Node SDK, made from the
same description of the API, tell them apart: `name: string | null` is always there, `name?: string`
is left out rather than null. Run with the folder of an installed npm package `stripe` that pins the
same API version:

    python -m tests.sandbox.stripe.make_presence node_modules/stripe
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from portal.sandbox.stripe import make_schema

# Folders of the SDK whose objects the sandbox may answer; "" is for those without a folder.
PACKAGES = frozenset(
    ["", "billing", "billing_portal", "checkout", "entitlements", "radar", "tax", "test_helpers"]
)
PRESENCE = Path(__file__).with_name("presence.json")
LEFT_OUT = make_schema.SCHEMA.with_name("left_out.json")
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
OPENS = re.compile(r"(?:export )?(?:declare )?(interface|namespace) (\w+)[^{;]*\{")
FIELD = re.compile(r"'?([\w.-]+)'?(\??): (.*?);(?=\s|$)", re.DOTALL)


def declared(text: str) -> dict[str, dict[str, tuple[bool, bool]]]:
    """Interface path -> field -> whether it may be left out, whether it may be null."""
    found: dict[str, dict[str, tuple[bool, bool]]] = {}
    _block(COMMENT.sub("", text), "", found)
    return found


def _block(text: str, prefix: str, found: dict[str, dict[str, tuple[bool, bool]]]) -> None:
    at = 0
    while opening := OPENS.search(text, at):
        kind, name = opening.groups()
        end = _closing(text, opening.end())
        body, path = text[opening.end() : end], f"{prefix}{name}"
        if kind == "namespace":
            _block(body, f"{path}.", found)
        else:
            found[path] = dict(_fields(body))
        at = end


def _closing(text: str, at: int) -> int:
    depth = 1
    while depth:
        depth += {"{": 1, "}": -1}.get(text[at], 0)
        at += 1
    return at - 1


def _fields(body: str) -> Iterator[tuple[str, tuple[bool, bool]]]:
    # A map's own braces hold no fields of the interface.
    flat = re.sub(r"\{[^{}]*\}", "Map", body)
    for name, optional, kind in FIELD.findall(flat):
        yield name, (bool(optional), "null" in re.split(r"[\s|]+", kind))


def _all(folder: Path) -> dict[str, dict[str, tuple[bool, bool]]]:
    found: dict[str, dict[str, tuple[bool, bool]]] = {}
    for path in sorted(folder.rglob("*.d.ts")):
        package = ".".join(part.lower() for part in path.relative_to(folder).parts[:-1])
        for name, fields in declared(path.read_text()).items():
            found[f"{package}.{name}".lstrip(".")] = fields
    return found


def _classes(described: Any, path: str) -> Iterator[tuple[str, Any]]:
    yield path, described["fields"]
    for name, inner in described["classes"].items():
        yield from _classes(inner, f"{path}.{name}")


def make_presence(package: Path) -> str:
    """The text of `presence.json`, one class of the Python SDK a line."""
    node = _all(package / "esm" / "resources")
    rows = []
    for top, described in sorted(make_schema.objects().items()):
        if top.rpartition(".")[0] not in PACKAGES:
            continue
        for path, fields in _classes(described, top):
            found = node.get(_path(path, top))
            if found is None:
                continue
            optional = [one for one, kind in fields.items() if _is_optional(kind) and one in found]
            facts = {
                "always": sorted(one for one in optional if not found[one][0]),
                "never_null": sorted(
                    one for one in optional if found[one] == (True, False) and one != "deleted"
                ),
            }
            facts = {key: value for key, value in facts.items() if value}
            if facts:
                rows.append(f"  {json.dumps(path)}: {json.dumps(facts)}")
    return "{\n" + ",\n".join(rows) + "\n}\n"


def make_left_out(presence: str) -> str:
    """The text of `left_out.json`: kind of object -> its fields that are left out rather than null,
    under "", and the same for each hash in it, under the hash's name.
    """
    facts = json.loads(presence)
    trees = {
        one["name"]: _tree(one, path, facts) for path, one in sorted(make_schema.objects().items())
    }
    rows = [f"  {json.dumps(kind)}: {json.dumps(tree)}" for kind, tree in trees.items() if tree]
    return "{\n" + ",\n".join(rows) + "\n}\n"


def _tree(described: Any, path: str, facts: dict[str, Any]) -> dict[str, Any]:
    names = facts.get(path, {}).get("never_null", [])
    tree: dict[str, Any] = {"": names} if names else {}
    for name, kind in described["fields"].items():
        while isinstance(kind, dict) and kind.keys() & {"nullable", "array", "map"}:
            (kind,) = kind.values()
        inner = described["classes"].get(kind.get("ref")) if isinstance(kind, dict) else None
        if inner and (found := _tree(inner, f"{path}.{kind['ref']}", facts)):
            tree[name] = found
    return tree


def _path(path: str, top: str) -> str:
    package = top.rpartition(".")[0]
    return f"{package.replace('_', '')}.{path.removeprefix(package).lstrip('.')}".lstrip(".")


def _is_optional(kind: Any) -> bool:
    return isinstance(kind, dict) and "nullable" in kind


if __name__ == "__main__":
    PRESENCE.write_text(make_presence(Path(sys.argv[1])))
    LEFT_OUT.write_text(make_left_out(PRESENCE.read_text()))
    for written in (PRESENCE, LEFT_OUT):
        sys.stdout.write(f"{written}: {written.stat().st_size} bytes\n")
