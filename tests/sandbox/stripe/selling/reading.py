"""Parameters that note which of them a handler read, and requests that hold one of each kind.

A parameter that the schema accepts must be read by its handler, or be refused by name: a silent
one would look as if the sandbox did what it does not.
"""

from collections.abc import Iterator
from typing import Any

Type = Any


class Noted(dict[str, Any]):
    """Parameters that add the path of each value to `seen` when it is taken out.

    Asking for names only (`in`, `keys`) is no reading; copying takes every value out.
    """

    def __init__(self, values: dict[str, Any], seen: set[str], path: str = "") -> None:
        super().__init__()
        self.seen, self.path = seen, path
        for name, value in values.items():
            super().__setitem__(name, noted(value, seen, self.inside(name)))

    def inside(self, name: str) -> str:
        """The path of a value in here."""
        return f"{self.path}.{name}" if self.path else name

    def __getitem__(self, name: str) -> Any:
        value = super().__getitem__(name)
        self.seen.add(self.inside(name))
        return value

    def get(self, name: str, default: Any = None) -> Any:
        """The value, noted as read."""
        if name not in self:
            return default
        return self[name]

    def pop(self, name: str, *default: Any) -> Any:
        """The value, noted as read."""
        if name in self:
            self.seen.add(self.inside(name))
        return super().pop(name, *default)

    def items(self) -> Any:
        """Names and values, all noted as read."""
        return [(name, self[name]) for name in self]

    def values(self) -> Any:
        """Values, all noted as read."""
        return [self[name] for name in self]

    def __iter__(self) -> Iterator[str]:
        # Having an __iter__ of its own, a dict is copied by taking each value out.
        return super().__iter__()


def noted(value: Any, seen: set[str], path: str) -> Any:
    """The value with every hash inside replaced by one that notes."""
    if isinstance(value, Noted):
        return value
    if isinstance(value, dict):
        return Noted(value, seen, path)
    if isinstance(value, list):
        return [noted(one, seen, path) for one in value]
    return value


def leaves(kind: Type, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Type]]:
    """The path and type of each parameter that has no parameters inside."""
    match kind:
        case {"object": fields}:
            for name, inner in fields.items():
                yield from leaves(inner, (*path, name))
        case {"array": inner}:
            yield from leaves(inner, (*path, "0"))
        case {"map": inner}:
            yield from leaves(inner, (*path, "usd" if "currency" in path[-1] else "key"))
        case {"union": members}:
            yield from leaves(_chosen(members), path)
        case _:
            yield path, kind


class Requests:
    """Makes requests with one parameter more than they need.

    `known` holds values by the name of their parameter, for those that must name something, and
    lists of those to prefer where there is a choice;
    `instead` says which parameter leaves when another comes.
    """

    def __init__(self, known: dict[str, Any], instead: dict[str, tuple[str, ...]]) -> None:
        self.known, self.instead = known, instead

    def holding(self, kind: Type, path: tuple[str, ...], base: Any, name: str = "") -> Any:
        """`base` with a value at `path`, and with what the hashes on the way require."""
        if not path:
            return self.sample(kind, name)
        match kind:
            case {"object": fields}:
                found = dict(base) if isinstance(base, dict) else {}
                left = self.instead.get(path[0], ())
                found = {one: held for one, held in found.items() if one not in left}
                for needed in [*kind.get("required", []), *ALSO.get(name, [])]:
                    if needed in fields and needed not in found and needed not in left:
                        found[needed] = self.sample(fields[needed], needed)
                inner = found.get(path[0])
                found[path[0]] = self.holding(fields[path[0]], path[1:], inner, path[0])
                return found
            case {"array": inner}:
                first = base[0] if isinstance(base, list) and base else None
                return [self.holding(inner, path[1:], first, name)]
            case {"map": inner}:
                return {path[0]: self.holding(inner, path[1:], None, path[0])}
            case {"union": members}:
                return self.holding(_chosen(members), path, base, name)
        raise ValueError(path)

    def sample(self, kind: Type, name: str) -> Any:
        """Some value of a type, with what it requires and no more."""
        match kind:
            case {"object": fields}:
                needed = [*kind.get("required", []), *ALSO.get(name, [])]
                return {one: self.sample(fields[one], one) for one in needed if one in fields}
            case {"array": inner}:
                return [self.sample(inner, name)]
            case {"map": _}:
                return {}
            case {"union": members}:
                return self.sample(_chosen(members), name)
            case {"enum": values}:
                wished = self.known.get(name)
                wishes = wished if isinstance(wished, list) else []
                return next((one for one in wishes if one in values), values[0])
            case "integer" | "number":
                return self.known.get(name, 1)
            case "boolean":
                return True
            case "decimal":
                return "1"
        return self.known.get(name, "x")


# What a hash needs although its type does not say so.
ALSO = {
    "price_data": ["product", "unit_amount"],
    "owner": ["customer"],
    "shipping_rate_data": ["fixed_amount"],
    "redirect": ["return_url"],
}


def _chosen(members: list[Type]) -> Type:
    nested = [one for one in members if isinstance(one, dict) and "enum" not in one]
    return nested[0] if nested else next(one for one in members if one)
