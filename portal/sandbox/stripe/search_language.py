"""Stripe's search query language: text to clauses, clauses to conditions on stored objects.

docs.stripe.com/search: `field:value` (exact), `~` (part of a string, three characters at least),
`>`, `<`, `>=`, `<=` (numbers), `-` before a clause (not), `null` (absent); clauses side by side or
with `and` are all to hold, with `or` any of them, and the two are not mixed.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

from portal.sandbox.stripe.errors import ApiError, invalid

CLAUSE = re.compile(
    r"""\s*(?P<minus>-)?
    (?P<field>[A-Za-z_][\w.]*)
    (?:\[\s*(?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)')\s*\])?
    \s*(?P<operator>:|~|>=|<=|>|<)\s*
    (?:"(?P<text>(?:[^"\\]|\\.)*)"|'(?P<words>(?:[^'\\]|\\.)*)'|(?P<bare>[^\s"']+))""",
    re.VERBOSE,
)
JOINER = re.compile(r"\s+(and|or)\s+(?=\S)", re.IGNORECASE)
SPACE = re.compile(r"\s+(?=\S)")
SHORTEST_PART = 3
MOST_CLAUSES = 100


class Kind(StrEnum):
    """How a field is compared."""

    TOKEN = "token"  # noqa: S105
    STRING = "string"
    NUMERIC = "numeric"


@dataclass(frozen=True, slots=True)
class Field:
    """A field that can be searched: its kind, and the SQL that reads it from a stored object."""

    kind: Kind
    sql: str
    may_compare: bool = False


@dataclass(frozen=True, slots=True)
class Clause:
    """One condition; `key` is that of `metadata[...]`, `value` is None for `null`."""

    field: str
    key: str | None
    operator: str
    value: str | None
    negated: bool
    quoted: bool


def read(query: str) -> tuple[list[Clause], str]:
    """Return the clauses of a query and how they are joined, "AND" or "OR".

    Raises the 400 for a query that cannot be read, or that mixes both.
    """
    clauses: list[Clause] = []
    joiners: set[str] = set()
    at = 0
    while at < len(query.rstrip()):
        match = CLAUSE.match(query, at)
        if not match or len(clauses) >= MOST_CLAUSES:
            raise _unreadable(query)
        clauses.append(_clause(match))
        at = match.end()
        joiner = JOINER.match(query, at) or SPACE.match(query, at)
        if joiner:
            joiners.add((joiner.group(1) if joiner.re is JOINER else "AND").upper())
            at = joiner.end()
        elif query[at:].strip():
            raise _unreadable(query)
    if not clauses:
        raise _unreadable(query)
    if len(joiners) > 1:
        raise invalid(
            "We were unable to parse your search query. You cannot combine AND and OR in one "
            "query.",
            param="query",
        )
    return clauses, joiners.pop() if joiners else "AND"


def _clause(match: re.Match[str]) -> Clause:
    found = match.groupdict()
    key = found["double"] if found["double"] is not None else found["single"]
    text = found["text"] if found["text"] is not None else found["words"]
    quoted = text is not None
    value = _unescaped(text) if quoted else found["bare"]
    return Clause(
        found["field"],
        None if key is None else _unescaped(key),
        found["operator"],
        None if not quoted and value.lower() == "null" else value,
        bool(found["minus"]),
        quoted,
    )


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text)


def _unreadable(query: str) -> ApiError:
    return invalid(
        f"We were unable to parse your search query: `{query[:200]}`. Try using the format "
        '`metadata["key"]:"value"` to query for metadata or key:"value" to query for other fields.',
        param="query",
    )


def condition(clause: Clause, fields: dict[str, Field], resource: str) -> tuple[str, list[str]]:
    """Return the SQL of a clause and its values; raises the 400 for what a field cannot do."""
    if clause.field == "metadata" and clause.key is not None:
        sql, values = _metadata(clause)
    elif clause.field in fields and clause.key is None:
        sql, values = _of_field(clause, fields[clause.field])
    else:
        raise invalid(
            f"Field `{clause.field}` is an unsupported search field for resource `{resource}`. See "
            f"http://stripe.com/docs/search#query-fields-for-{resource.replace('_', '-')} for a "
            "list of supported fields.",
            param="query",
        )
    return (f"NOT coalesce({sql}, 0)" if clause.negated else sql), values


def _metadata(clause: Clause) -> tuple[str, list[str]]:
    value = "(SELECT value FROM json_each(body, '$.metadata') WHERE key = ?)"
    if clause.value is None:
        return f"{value} IS NULL", [clause.key or ""]
    if clause.operator == ":":
        return f"folded({value}) = folded(?)", [clause.key or "", clause.value]
    if clause.operator == "~":
        _check_part(clause)
        return f"instr(folded({value}), folded(?)) > 0", [clause.key or "", clause.value]
    raise _wrong_operator(clause)


def _of_field(clause: Clause, field: Field) -> tuple[str, list[str]]:
    if clause.value is None:
        if clause.operator != ":":
            raise _wrong_operator(clause)
        return f"{field.sql} IS NULL", []
    if clause.operator in (">", "<", ">=", "<=") or field.kind is Kind.NUMERIC:
        return _number(clause, field)
    if not clause.quoted and not clause.value.isdecimal():
        raise invalid(
            f"The value of `{clause.field}` must be within quotation marks.", param="query"
        )
    if clause.operator == "~":
        if field.kind is not Kind.STRING:
            raise _wrong_operator(clause)
        _check_part(clause)
        return f"instr(folded({field.sql}), folded(?)) > 0", [clause.value]
    if field.kind is Kind.STRING:
        words = " ".join(clause.value.split())
        return f"instr(' ' || folded({field.sql}) || ' ', ' ' || folded(?) || ' ') > 0", [words]
    return f"folded({field.sql}) = folded(?)", [clause.value]


def _number(clause: Clause, field: Field) -> tuple[str, list[str]]:
    if field.kind is not Kind.NUMERIC or clause.operator == "~":
        raise _wrong_operator(clause)
    if not re.fullmatch(r"-?\d{1,18}", clause.value or "", re.ASCII):
        raise invalid(f"The value of `{clause.field}` must be a number.", param="query")
    operator = "=" if clause.operator == ":" else clause.operator
    return f"{field.sql} {operator} CAST(? AS INTEGER)", [clause.value or ""]


def _check_part(clause: Clause) -> None:
    if len(clause.value or "") < SHORTEST_PART:
        raise invalid(
            f"Substring search on `{clause.field}` needs at least {SHORTEST_PART} characters.",
            param="query",
        )


def _wrong_operator(clause: Clause) -> ApiError:
    return invalid(
        f"The operator `{clause.operator}` is not supported for the field `{clause.field}`.",
        param="query",
    )
