"""Changing the price or quantity of a subscription at the sums that were shown."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from portal.context import MerchantContext, Visit
from portal.db import Unit
from portal.domain.customers import Origin
from portal.domain.decisions import Decision, Reason
from portal.domain.errors import GatewayError, Refused
from portal.domain.events import ObjectKind
from portal.domain.subscriptions import Subscription
from portal.gateways.snapshots import Seen
from portal.mirror import refresh, subscriptions
from portal.services import operations, quotes, receipts
from portal.services.operations import Verb
from portal.services.plans import Wish
from portal.services.quotes import Quote, frozen, thawed
from portal.services.schedules import PLAN, is_wanted
from portal.services.subscriptions import Line, hold, name_of, who
from portal.store import consents
from portal.store import operations as rows
from portal.store.operations import OperationRow, OperationState


@dataclass(frozen=True, slots=True)
class Shown:
    """The page that is confirmed: its sums, the moment they count from (Stripe's), and its name.

    `nonce` makes two presses of its button one change; `consent` is the sentence agreed to, empty
    where nothing is charged.
    """

    at: datetime
    sums: Sequence[int]
    nonce: str
    consent: str = ""


@dataclass(frozen=True, slots=True)
class Changed:
    """What a confirmed change led to: its receipt, or an invoice that has to be paid first."""

    receipt: int
    waits: bool


def confirm(visit: Visit, id: str, wish: Wish, shown_before: Shown) -> Changed:
    """Make a change at the sums that were shown.

    Raises Refused, with AMOUNT_CHANGED where Stripe now says other sums, and the gateway errors.
    """
    nonce = shown_before.nonce
    operation = hashlib.sha256(f"change:{visit.customer.id}:{nonce}".encode()).hexdigest()[:24]
    with visit.db.session() as reader:
        known = reader.get(OperationRow, operation)
    if known is None:
        shown = quotes.quote(visit, id, wish, at=shown_before.at)
        if shown.sums != list(shown_before.sums):
            raise Refused(Decision.of(Reason.AMOUNT_CHANGED))
        _begin(visit, id, operation, shown, shown_before.consent)
    if known is None or not known.is_answered:
        with visit.db.session() as reader:
            verb = reader.get_one(OperationRow, operation).verb
        operations.perform(visit.at, PLAN if verb == PLAN.name else CHANGE, operation)
    with visit.db.session() as reader:
        answer = reader.get_one(OperationRow, operation).answer
    return Changed(int(answer.get("receipt", 0)), bool(answer.get("waits")))


def _begin(visit: Visit, id: str, operation: str, shown: Quote, consent: str) -> None:
    """Write the operation, unless the button was pressed twice at the same time."""
    name = name_of(visit, subscriptions.get(visit, id).subscription)
    with visit.db.write() as unit:
        hold(unit, visit)
        if rows.get(unit, operation) is not None:
            return
        charged = shown.due_now.amount if shown.is_now else None
        told: dict[str, Any] = {
            **who(visit),
            "plan_before": name,
            "plan": shown.after.name,
            "period_before": _period(shown.before),
            "period": _period(shown.after),
            **_quantities(shown),
            "currency": shown.first.currency,
            "charged": charged,
            "credited": shown.first.credit or None if shown.is_now else None,
            "next_sum": shown.next_sum.amount,
            "starts_on": shown.change.starts_at.isoformat() if shown.change.starts_at else None,
            "next_on": shown.next_at.isoformat() if shown.next_at else None,
        }
        operations.begin(
            unit,
            visit.at,
            PLAN if shown.change.starts_at else CHANGE,
            customer_id=visit.customer.id,
            subject=id,
            id=operation,
            change=frozen(shown.change),
            told=told,
        )
        if consent:
            consents.add(
                unit,
                visit.merchant.id,
                visit.customer.id,
                "change",
                subject=operation,
                text=consent,
                locale=visit.locale,
                address=visit.address,
                now=visit.at.now,
            )


def _send(at: MerchantContext, told: dict[str, Any], key: str) -> tuple[Seen, ...]:
    """Change the subscription, and read the invoice that keeps the change waiting."""
    change = thawed(told)
    return _with_invoice(at, at.payments.change_subscription(change, key=key))


def _look(at: MerchantContext, row: OperationRow) -> tuple[Seen, ...] | None:
    """Say whether a change was made, by what the subscription holds."""
    change = thawed(row.parameters)
    seen = at.payments.fetch(ObjectKind.SUBSCRIPTION, change.subscription)
    found = seen.snapshot
    if not isinstance(found, Subscription):
        return None
    held = {(item.price.id, item.quantity) for item in found.items}
    is_made = found.is_change_waiting or (change.price, change.quantity) in held
    return _with_invoice(at, seen) if is_made else None


def _with_invoice(at: MerchantContext, seen: Seen) -> tuple[Seen, ...]:
    changed = seen.snapshot
    if isinstance(changed, Subscription) and changed.latest_invoice and changed.is_change_waiting:
        # The change is made whether or not this is read; its webhook tells it as well.
        with suppress(GatewayError):
            return seen, at.payments.fetch(ObjectKind.INVOICE, changed.latest_invoice)
    return (seen,)


def _record(unit: Unit, at: MerchantContext, row: OperationRow, seen: tuple[Seen, ...]) -> None:
    refresh.save(unit, at.merchant, Origin.STRIPE, seen, now=at.now)
    changed, told = seen[0].snapshot, row.parameters["told"]
    if row.customer_id is None or not isinstance(changed, Subscription):
        return
    verb = "plan_changed"
    if changed.is_change_waiting:
        row.state, verb, told = OperationState.WAITING, "change_waits", _briefly(told)
    receipt = receipts.add_for(unit, at, row.customer_id, verb, subject=row.subject, **told)
    row.answer = {**row.answer, "receipt": receipt.number, "waits": changed.is_change_waiting}


def follow(unit: Unit, at: MerchantContext, told: Sequence[Subscription]) -> None:
    """Write the receipt of a change that waited for its payment: made at last, or come to nothing.

    Stripe drops a change whose invoice is not paid within 23 hours.
    """
    settled = {one.id: one for one in told if not one.is_change_waiting}
    waiting = rows.list_waiting(unit, at.merchant, CHANGE.name, settled) if settled else ()
    for row in waiting:
        subscription, wanted = settled[row.subject], row.parameters["change"]
        held = {(item.price.id, item.quantity) for item in subscription.items}
        is_made = (wanted["price"], wanted["quantity"]) in held
        row.state = OperationState.DONE if is_made else OperationState.REFUSED
        if row.customer_id is not None:
            told_of = row.parameters["told"]
            receipts.add_for(
                unit,
                at,
                row.customer_id,
                "plan_changed" if is_made else "change_lapsed",
                subject=row.subject,
                **(told_of if is_made else _briefly(told_of)),
            )


def _briefly(told: dict[str, Any]) -> dict[str, Any]:
    """Return what a receipt says of a change that was not made, or not yet."""
    names = ("by_email", "address", "plan_before", "plan", "period_before", "period")
    return {name: told[name] for name in names if name in told}


def _quantities(shown: Quote) -> dict[str, int]:
    """Return the quantity of a change, and the one before it where that is another."""
    before, after = shown.before.quantity, shown.after.quantity
    if before == after:
        return {"quantity": after} if after > 1 else {}
    return {"quantity_before": before, "quantity": after}


def _period(line: Line) -> list[str | int]:
    return [line.price.interval, line.price.interval_count]


CHANGE = Verb("change", _send, _record, is_wanted=is_wanted, look=_look)
VERBS: tuple[Verb[Any], ...] = (CHANGE,)
