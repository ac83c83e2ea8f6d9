"""Custom fields, and the trap in them: most v1 bodies are split by their own keys.

Measured: creating a document, and writing a contact, turn ``[{"field": "a", "value": "b"}]`` into
two fields, "field" with "a" and "value" with "b"; ``[{"a": "b"}]`` is what stores "a" with "b".
Changing a document takes the documented shape.
"""

from __future__ import annotations

from typing import Any

from portal.sandbox.holded.v1.reading import Fields


def split(fields: Fields) -> list[dict[str, Any]]:
    """Read custom fields as creation and contacts do: each key of each entry is a field."""
    return [
        {"field": key, "value": entry.text(key) or ""}
        for entry in fields.parts("customFields")
        for key in list(entry.data)
    ]


def documented(fields: Fields) -> list[dict[str, Any]]:
    """Read custom fields as a change of a document does."""
    return [
        {"field": entry.text("field") or "", "value": entry.text("value") or ""}
        for entry in fields.parts("customFields")
    ]


def shown(stored: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Write custom fields; v2 keeps entries of any shape, which are split here."""
    if all(set(each) == {"field", "value"} for each in stored):
        return stored
    return [{"field": key, "value": value} for each in stored for key, value in each.items()]
