"""What only v1 knows of an object both versions share, kept beside it under the same id."""

from __future__ import annotations

from typing import Any

from portal.sandbox.holded.accounts import account, state


def of(kind: str, id_: str) -> dict[str, Any]:
    """Return what v1 keeps of an object; an object v2 made has nothing yet."""
    found = state().find(account().id, f"v1_{kind}", id_) or {}
    found.pop("id", None)
    return found


def keep(kind: str, id_: str, values: dict[str, Any]) -> None:
    forget(kind, id_)
    state().insert(account().id, f"v1_{kind}", {**values, "id": id_})


def forget(kind: str, id_: str) -> None:
    state().remove(account().id, f"v1_{kind}", id_)
