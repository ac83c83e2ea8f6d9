"""Outbound writes that happen once: committed before they are sent, repeated with the same key.

A verb says how an operation is sent and what its answer changes. The first press and the worker's
look after a lost answer run the same code: the provider replays what it did under a known key.
"""

from collections.abc import Callable
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


def _ignore(unit: Unit, at: MerchantContext, row: OperationRow, error: str) -> None:
    """Leave everything as it is when a verb was refused."""


@dataclass(frozen=True, slots=True)
class Verb(Generic[T]):
    """How one kind of operation is sent, and what its answer or refusal changes.

    `send` calls the provider outside any transaction with the frozen parameters and the key;
    `record` and `refused` run in the transaction that records the answer.
    """

    name: str
    send: Callable[[MerchantContext, dict[str, Any], str], T]
    record: Callable[[Unit, MerchantContext, OperationRow, T], None]
    refused: Callable[[Unit, MerchantContext, OperationRow, str], None] = _ignore


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


def perform(at: MerchantContext, verb: Verb[T], id: str) -> T:
    """Send an operation and record what came of it.

    Raises GatewayUnavailable when it was never sent (`was_sent` False: it is over) or when the
    answer was lost (`was_sent` True: it is UNKNOWN and the worker looks after it), and
    GatewayRefused or GatewayMisconfigured when the provider said no.
    """
    parameters, is_first = _begin_try(at, id)
    try:
        answer = verb.send(at, parameters, id)
    except GatewayUnavailable as error:
        _lose(at, verb, id, is_over=is_first and not error.was_sent)
        raise
    except (GatewayRefused, GatewayMisconfigured) as error:
        _refuse(at, verb, id, getattr(error, "code", "") or error.wording)
        raise
    with at.db.write() as unit:
        row = _get(unit, id)
        if not row.is_answered:
            operations.answer(row, now=at.now)
            verb.record(unit, at, row, answer)
    return answer


def resolve(at: MerchantContext, verbs: dict[str, Verb[Any]], id: str) -> None:
    """Find out what became of an operation without an answer, by asking again with its key."""
    with at.db.write() as unit:
        row = operations.get(unit, id)
        if row is None or row.is_answered:
            return
        verb, is_late = verbs[row.verb], at.now - row.created_at > KEY_LIFE
        if is_late:
            operations.refuse(row, "outcome_never_told", now=at.now)
            return
    try:
        perform(at, verb, id)
    except (GatewayRefused, GatewayMisconfigured):
        return


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
