"""Outbound writes that happen once: committed before they are sent, repeated with the same key.

A verb says how an operation is sent and what its answer changes. The first press and the worker's
look after a lost answer run the same code: the provider replays what it did under a known key.
"""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Generic, TypeVar

from portal.context import MerchantContext
from portal.db import Unit
from portal.domain.errors import GatewayMisconfigured, GatewayRefused, GatewayUnavailable, NotFound
from portal.store import operations, outbox
from portal.store.operations import OperationRow

T = TypeVar("T")

# Stripe keeps keys for at least 24 hours; later a repeat would be a second deed.
KEY_LIFE = timedelta(hours=20)
# How long an operation may be on its way before the worker asks what became of it.
PATIENCE = timedelta(seconds=20)


# How long something that was sent may still arrive before it counts as never sent.
IN_FLIGHT = timedelta(minutes=2)
# Why the worker did not send an operation: it was wanted no more, or its key had run out.
NOT_WANTED, TOO_LATE = "not_wanted", "too_late"


def _ignore(unit: Unit, at: MerchantContext, row: OperationRow, error: str) -> None:
    """Leave everything as it is when a verb was refused."""


def _is_wanted(at: MerchantContext, row: OperationRow) -> bool:
    """Say that nothing which happened since the press makes it pointless."""
    return True


def _know_nothing(at: MerchantContext, row: OperationRow) -> None:
    """Find no trace of an operation."""


@dataclass(frozen=True, slots=True)
class Verb(Generic[T]):
    """How one kind of operation is sent, and what its answer or refusal changes.

    `send` calls the provider outside any transaction with the frozen parameters and the key;
    `record` and `refused` run in the transaction that records the answer. The worker, which comes
    later, asks `is_wanted` before it sends, and otherwise has `look` find out whether it was done:
    the answer it would have had, or None. Without a `key_life` it is sent however late.
    """

    name: str
    send: Callable[[MerchantContext, dict[str, Any], str], T]
    record: Callable[[Unit, MerchantContext, OperationRow, T], None]
    refused: Callable[[Unit, MerchantContext, OperationRow, str], None] = _ignore
    is_wanted: Callable[[MerchantContext, OperationRow], bool] = _is_wanted
    look: Callable[[MerchantContext, OperationRow], T | None] = _know_nothing
    key_life: timedelta | None = KEY_LIFE


def begin(
    unit: Unit,
    at: MerchantContext,
    verb: Verb[T],
    *,
    customer_id: int | None,
    subject: str = "",
    id: str = "",
    **parameters: Any,
) -> OperationRow:
    """Write the operation that `perform` will send once this unit is committed."""
    return operations.begin(
        unit,
        at.merchant,
        verb.name,
        customer_id=customer_id,
        subject=subject,
        parameters=parameters,
        now=at.now,
        id=id,
    )


@contextmanager
def only_asking() -> Iterator[None]:
    """Say of a provider that does not answer a question that nothing was changed there."""
    try:
        yield
    except GatewayUnavailable as error:
        raise GatewayUnavailable(str(error), was_sent=False) from error


def perform(at: MerchantContext, verb: Verb[T], id: str) -> T:
    """Send an operation and record what came of it.

    Raises GatewayUnavailable when it was never sent (`was_sent` False: it is over) or when the
    answer was lost (`was_sent` True: it is UNKNOWN and the worker looks after it), and
    GatewayRefused or GatewayMisconfigured when the provider said no. A key that is refused on a
    repeat says nothing of what the first did: the operation stays UNKNOWN.
    """
    parameters, is_first = _begin_try(at, id)
    try:
        answer = verb.send(at, parameters, id)
    except GatewayUnavailable as error:
        _lose(at, verb, id, is_over=is_first and not error.was_sent)
        raise
    except GatewayMisconfigured as error:
        if is_first:
            _refuse(at, verb, id, error.wording)
        else:
            _lose(at, verb, id, is_over=False)
        raise
    except GatewayRefused as error:
        _refuse(at, verb, id, error.code or error.wording)
        raise
    _record(at, verb, id, answer)
    return answer


def resolve(at: MerchantContext, verbs: dict[str, Verb[Any]], id: str) -> None:
    """Find out what became of an operation without an answer: ask again with its key, or look.

    Raises GatewayUnavailable and GatewayMisconfigured while that cannot be said.
    """
    with at.db.session() as reader:
        row = reader.get(OperationRow, id)
    if row is None or row.is_answered:
        return
    verb: Verb[Any] = verbs[row.verb]
    age = at.now - row.created_at
    is_late = verb.key_life is not None and age > verb.key_life
    if not is_late and verb.is_wanted(at, row):
        with suppress(GatewayRefused):
            perform(at, verb, id)
        return
    answer = verb.look(at, row)
    if answer is not None:
        _record(at, verb, id, answer)
    elif age < IN_FLIGHT:
        raise GatewayUnavailable("what was sent may still arrive")
    else:
        _refuse(at, verb, id, TOO_LATE if is_late else NOT_WANTED)


def supersede(unit: Unit, at: MerchantContext, rows: Sequence[OperationRow]) -> None:
    """Let a newer wish count: what was asked before and has no answer is not asked again.

    Whether it was done or not, what is asked now is done after it.
    """
    for row in rows:
        operations.refuse(row, operations.SUPERSEDED, now=at.now)


def look_after(unit: Unit, at: MerchantContext, id: str) -> None:
    """Have the worker find out about an operation, unless it hears of it earlier."""
    outbox.add(
        unit,
        "resolve_operation",
        id,
        merchant_id=at.merchant.id,
        now=at.now,
        run_at=at.now + PATIENCE,
        operation=id,
    )


def _record(at: MerchantContext, verb: Verb[T], id: str, answer: T) -> None:
    with at.db.write() as unit:
        row = _get(unit, id)
        if not row.is_answered:
            operations.answer(row, now=at.now)
            verb.record(unit, at, row, answer)


def _begin_try(at: MerchantContext, id: str) -> tuple[dict[str, Any], bool]:
    with at.db.write() as unit:
        row = _get(unit, id)
        row.tries += 1
        if row.tries == 1:
            look_after(unit, at, id)
        return dict(row.parameters), row.tries == 1


def _lose(at: MerchantContext, verb: Verb[Any], id: str, *, is_over: bool) -> None:
    with at.db.write() as unit:
        row = _get(unit, id)
        if row.is_answered:
            return
        if is_over:
            operations.refuse(row, "not_sent", now=at.now)
            verb.refused(unit, at, row, "not_sent")
        else:
            operations.lose(row)


def _refuse(at: MerchantContext, verb: Verb[Any], id: str, error: str) -> None:
    with at.db.write() as unit:
        row = _get(unit, id)
        if not row.is_answered:
            operations.refuse(row, error, now=at.now)
            verb.refused(unit, at, row, error)


def _get(unit: Unit, id: str) -> OperationRow:
    row = operations.get(unit, id)
    if row is None:
        raise NotFound(f"operation {id}")
    return row
