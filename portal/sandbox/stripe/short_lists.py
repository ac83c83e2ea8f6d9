"""Pages over short lists that are worked out or held in memory, in their own order."""

from collections.abc import Sequence

from portal.sandbox.stripe.errors import Json, invalid, missing
from portal.sandbox.stripe.unit import envelope


def page(rows: Sequence[Json], params: Json, url: str) -> Json:
    """Return a list envelope: the first `limit` rows, or those at the cursor.

    Raises the 400 for a wrong limit or two cursors, the 404 for a cursor that is no row.
    """
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise invalid(f"Invalid integer: {limit}; must be between 1 and 100", param="limit")
    if "starting_after" in params and "ending_before" in params:
        raise invalid(
            "You cannot specify both starting_after and ending_before.", param="ending_before"
        )
    ids = [row["id"] for row in rows]
    for name in ("starting_after", "ending_before"):
        if name in params and params[name] not in ids:
            raise missing(str(rows[0]["object"]) if rows else "object", params[name], name)
    first = ids.index(params["starting_after"]) + 1 if "starting_after" in params else 0
    last = ids.index(params["ending_before"]) if "ending_before" in params else len(ids)
    chosen = list(rows[first:last])
    kept = chosen[-limit:] if "ending_before" in params else chosen[:limit]
    return envelope(kept, url, has_more=len(chosen) > limit)
