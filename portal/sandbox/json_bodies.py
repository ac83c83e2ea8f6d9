"""JSON as both sandboxes take it: UTF-8, real text and numbers, not nested beyond reason."""

import json
import math
from collections.abc import Callable
from typing import Any

DEEPEST = 64


def finite(text: str) -> float:
    """A number that a float can hold."""
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(f"{text[:20]} is out of range")
    return value


def loads(raw: bytes, *, parse_float: Callable[[str], Any] = finite) -> Any:
    """The value of a JSON text; raises ValueError for what is none.

    NaN and Infinity are no JSON, a lone surrogate is no text (UTF-8 cannot write it), and a value
    nested deeper than `DEEPEST` is an attack.
    """
    try:
        value = json.loads(raw.decode(), parse_float=parse_float, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    _check(value)
    return value


def _check(value: Any) -> None:
    level = [value]
    for _ in range(DEEPEST):
        below: list[Any] = []
        for node in level:
            if isinstance(node, str):
                node.encode()
            elif isinstance(node, dict):
                below += [*node.keys(), *node.values()]
            elif isinstance(node, list):
                below += node
        if not below:
            return
        level = below
    raise ValueError("nested too deeply")


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
