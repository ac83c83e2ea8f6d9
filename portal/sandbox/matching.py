"""Which requests a fault is for: by method, and by a part of the path or a whole route."""

import re
from functools import cache


def matches(wanted_method: str | None, wanted_path: str | None, method: str, path: str) -> bool:
    """Whether a request is one that was asked for.

    A path with braces is a route and must fit as a whole (`/v1/invoices/{invoice}/pay`); one
    without must occur in the request's path. It may begin with a method: `POST /v1/customers`.
    """
    first, _, rest = (wanted_path or "").partition(" ")
    if rest:
        wanted_method, wanted_path = first, rest
    if wanted_method and wanted_method.upper() != method:
        return False
    if wanted_path and "{" in wanted_path:
        return _route(wanted_path).fullmatch(path) is not None
    return (wanted_path or "") in path


@cache
def _route(template: str) -> re.Pattern[str]:
    parts = re.split(r"\{\w+\}", template)
    return re.compile("[^/]+".join(re.escape(part) for part in parts))
