"""Pausing a subscription for some months, and going on.

Stripe credits what is not used of the period when the pause begins; a new period begins when it
ends, and the credit pays of it what it can. Stripe does not end a pause by itself: a job does.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urljoin

from portal.context import MerchantContext, Visit
from portal.db import Unit
from portal.domain import limits
from portal.domain.customers import Origin
from portal.domain.decisions import Decision, Reason
from portal.domain.errors import GatewayRefused, Refused
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice
from portal.domain.limits import Standing
from portal.domain.money import Money
from portal.domain.pauses import end_of, is_as_shown, lengths
from portal.domain.subscriptions import Subscription
from portal.gateways.payments import Preview
from portal.gateways.snapshots import Seen
from portal.mirror import customers, refresh, subscriptions
from portal.mirror.payment_methods import Wallet
from portal.services import mail, operations, quotes, receipts
from portal.services.operations import Verb
from portal.services.subscriptions import hold, name_of, standing_of, who
from portal.store import operations as rows
from portal.store import outbox
from portal.store.operations import OperationRow

# How long before the end of a pause its customer is told.
AHEAD = timedelta(days=3)


@dataclass(frozen=True, slots=True)
class Pause:
    """What a pause that begins at `at`, by Stripe's clock, means in days and money.

    `credit` is what is not used of the period, to the second; `period` a full one after the pause.
    """

    months: int
    at: datetime
    ends_at: datetime
    period_end: datetime
    credit: Money
    period: Money


@dataclass(frozen=True, slots=True)
class Agreed:
    """What the page showed that is confirmed: sums in minor units, and its nonce."""

    at: datetime
    sum: int
    nonce: str


@dataclass(frozen=True, slots=True)
class WentOn:
    """The number of the receipt; 0 where the invoice whose id is told has to be paid first."""

    receipt: int
    invoice: str = ""


def consider(visit: Visit, id: str, months: int) -> Pause:
    """Ask Stripe what a pause that begins now credits; raises Refused and the gateway errors."""
    with operations.only_asking():
        at = quotes.stripes_time(visit, id)
        standing = _standing(visit, id)
        _refuse_unless(limits.may_pause(standing))
        if months not in lengths(standing.pause_months):
            raise Refused(Decision.of(Reason.FEATURE_DISABLED))
        first = visit.at.payments.preview_pause(id)
        period = visit.at.payments.preview_period(id)
    credit = -first.total if first is not None else 0
    end = standing.subscription.period_end or at
    return Pause(
        months=months,
        at=at,
        ends_at=end_of(at, months),
        period_end=end,
        credit=Money(credit, period.currency),
        period=Money(period.total, period.currency),
    )


def pause(visit: Visit, id: str, months: int, agreed: Agreed) -> int:
    """Pause for the sums that were shown and return the number of the receipt.

    Raises Refused (`amount_changed` where they are others by now) and the gateway errors.
    """
    operation = _named(visit, agreed.nonce)
    if not _is_known(visit, operation):
        found = consider(visit, id, months)
        is_same = is_as_shown(
            agreed.sum,
            found.credit.amount,
            shown_at=agreed.at,
            at=found.at,
            ends_at=found.period_end,
        )
        if not is_same:
            raise Refused(Decision.of(Reason.AMOUNT_CHANGED))
        told = {
            "credited": found.credit.amount or None,
            "currency": found.credit.currency,
            "starts_on": found.at.isoformat(),
            "goes_on": found.ends_at.isoformat(),
            "next_sum": found.period.amount,
        }
        _begin(visit, id, operation, PAUSE, told, until=found.ends_at.isoformat())
    return _perform(visit, PAUSE, operation).receipt


def quote_going_on(visit: Visit, id: str) -> Preview:
    """Ask Stripe what ending the pause now charges; raises Refused and the gateway errors."""
    with operations.only_asking():
        quotes.stripes_time(visit, id)
        _refuse_unless(limits.may_go_on(_standing(visit, id)))
        first = visit.at.payments.preview_going_on(id)
    if first is None:
        raise GatewayRefused("no invoice of a new period", code="invoice_upcoming_none")
    return first


def go_on(visit: Visit, id: str, agreed: Agreed) -> WentOn:
    """End the pause for the sum that was shown; raises Refused and the gateway errors."""
    operation = _named(visit, agreed.nonce)
    if not _is_known(visit, operation):
        first = quote_going_on(visit, id)
        if first.due != agreed.sum:
            raise Refused(Decision.of(Reason.AMOUNT_CHANGED))
        _begin(visit, id, operation, GO_ON, {"charged": first.due, "currency": first.currency})
    return _perform(visit, GO_ON, operation)


def end(at: MerchantContext, subscription: str, until: str) -> None:
    """Let a subscription go on whose pause ends now (job); raises to be tried again.

    Whoever paused it anew meanwhile, ended the pause or left is let be.
    """
    seen = at.payments.fetch(ObjectKind.SUBSCRIPTION, subscription)
    with at.db.write() as unit:
        refresh.save(unit, at.merchant, Origin.STRIPE, [seen], now=at.now)
        owned = subscriptions.find_owned(unit, at.merchant, subscription)
        if owned is None or not _is_over(owned.subscription, until):
            return
        operation = _name(f"{subscription}:{until}")
        if rows.get(unit, operation) is None:
            operations.begin(
                unit,
                at,
                GO_ON,
                customer_id=owned.customer_id,
                subject=subscription,
                id=operation,
                subscription=subscription,
                told={"currency": owned.subscription.currency},
            )
    operations.perform(at, GO_ON, operation)


def foretell(at: MerchantContext, subscription: str, until: str) -> None:
    """Mail the customer of a pause that it ends soon, and what is charged then (job)."""
    owned = subscriptions.find_owned(at.db, at.merchant, subscription)
    if owned is None or not _is_over(owned.subscription, until):
        return
    first = at.payments.preview_going_on(subscription)
    card = customers.find_card(at.db, at.merchant, owned.customer_id)
    if first is None or card is None or not card.address:
        return
    mail.send(
        at,
        "pause_ends",
        to=card.address,
        locale=card.language_or(at.merchant.locale),
        message_id=f"pause-{subscription}-{until[:10]}",
        amount=Money(first.due, first.currency),
        day=at.merchant.day_of(datetime.fromisoformat(until)),
        link=urljoin(at.settings.public_url, f"/{at.merchant.slug}/subscriptions/{subscription}"),
    )


def mail_unpaid(at: MerchantContext, customer: int, invoice: str) -> None:
    """Mail a customer whose pause is over that its invoice waits to be paid (job)."""
    card = customers.find_card(at.db, at.merchant, customer)
    if card is None or not card.address:
        return
    mail.send(
        at,
        "pause_unpaid",
        to=card.address,
        locale=card.language_or(at.merchant.locale),
        message_id=f"pause-{invoice}",
        link=urljoin(at.settings.public_url, f"/{at.merchant.slug}/invoices/{invoice}"),
    )


def _is_over(subscription: Subscription, until: str) -> bool:
    """Whether a pause made here is still the one that ends at this moment."""
    ends = datetime.fromisoformat(until)
    return (
        subscription.is_paused_here
        and not subscription.is_cancelling
        and subscription.resumes_at is not None
        and abs(subscription.resumes_at - ends) < timedelta(seconds=1)
    )


def _standing(visit: Visit, id: str) -> Standing:
    return standing_of(visit, subscriptions.get(visit, id), Wallet())


def _refuse_unless(decision: Decision) -> None:
    if not decision.is_allowed:
        raise Refused(decision)


def _named(visit: Visit, nonce: str) -> str:
    """Name what a page confirms, so that two presses of its button are one operation."""
    return _name(f"{visit.customer.id}:{nonce}")


def _name(what: str) -> str:
    return hashlib.sha256(f"pause:{what}".encode()).hexdigest()[:24]


def _is_known(visit: Visit, operation: str) -> bool:
    with visit.db.session() as reader:
        return reader.get(OperationRow, operation) is not None


def _begin(
    visit: Visit, id: str, operation: str, verb: Verb[Any], told: dict[str, Any], **more: Any
) -> None:
    """Write the operation, unless the button was pressed twice at the same time."""
    name = name_of(visit, subscriptions.get(visit, id).subscription)
    with visit.db.write() as unit:
        hold(unit, visit)
        if rows.get(unit, operation) is not None:
            return
        operations.begin(
            unit,
            visit.at,
            verb,
            customer_id=visit.customer.id,
            subject=id,
            id=operation,
            subscription=id,
            told={**who(visit), "plan": name, **told},
            **more,
        )


def _perform(visit: Visit, verb: Verb[Any], operation: str) -> WentOn:
    with visit.db.session() as reader:
        is_answered = reader.get_one(OperationRow, operation).is_answered
    if not is_answered:
        operations.perform(visit.at, verb, operation)
    with visit.db.session() as reader:
        answer = reader.get_one(OperationRow, operation).answer
    return WentOn(int(answer.get("receipt", 0)), str(answer.get("invoice", "")))


def _send_pause(at: MerchantContext, told: dict[str, Any], key: str) -> tuple[Seen, ...]:
    until = datetime.fromisoformat(told["until"])
    return _with_invoice(at, at.payments.pause(told["subscription"], until, key=key))


def _send_go_on(at: MerchantContext, told: dict[str, Any], key: str) -> tuple[Seen, ...]:
    return _with_invoice(at, at.payments.go_on(told["subscription"], key=key))


def _with_invoice(at: MerchantContext, seen: Seen) -> tuple[Seen, ...]:
    """Read the invoice that came of it as well."""
    found = seen.snapshot
    if not isinstance(found, Subscription) or not found.latest_invoice:
        return (seen,)
    return seen, at.payments.fetch(ObjectKind.INVOICE, found.latest_invoice)


def _record_pause(unit: Unit, at: MerchantContext, row: OperationRow, seen: Sequence[Seen]) -> None:
    refresh.save(unit, at.merchant, Origin.STRIPE, seen, now=at.now)
    _receipt(unit, at, row, "paused", dict(row.parameters["told"]))
    until = str(row.parameters["until"])
    ends = datetime.fromisoformat(until)
    for job, moment in (("foretell_pause_end", ends - AHEAD), ("end_pause", ends)):
        outbox.add(
            unit,
            job,
            f"{row.subject}:{until}",
            merchant_id=at.merchant.id,
            now=at.now,
            run_at=max(moment, at.now),
            subscription=row.subject,
            until=until,
        )


def _record_go_on(unit: Unit, at: MerchantContext, row: OperationRow, seen: Sequence[Seen]) -> None:
    refresh.save(unit, at.merchant, Origin.STRIPE, seen, now=at.now)
    subscription, invoice = seen[0].snapshot, seen[-1].snapshot
    if not isinstance(subscription, Subscription):
        return
    if subscription.is_paused:
        _leave_to_customer(unit, at, row, subscription.latest_invoice)
        return
    told = dict(row.parameters["told"])
    if isinstance(invoice, Invoice):
        told["charged"] = invoice.paid or None
    told["next_on"] = subscription.period_end.isoformat() if subscription.period_end else None
    _receipt(unit, at, row, "went_on", told)


def _leave_to_customer(unit: Unit, at: MerchantContext, row: OperationRow, invoice: str) -> None:
    """Keep which invoice has to be paid first; whoever is not on a page is mailed of it."""
    row.answer = {**row.answer, "invoice": invoice}
    if "by_email" not in row.parameters["told"] and row.customer_id is not None:
        outbox.add(
            unit,
            "mail_pause_unpaid",
            invoice,
            merchant_id=at.merchant.id,
            now=at.now,
            customer=row.customer_id,
            invoice=invoice,
        )


def _receipt(
    unit: Unit, at: MerchantContext, row: OperationRow, verb: str, told: dict[str, Any]
) -> None:
    customer = row.customer_id
    if customer is not None:
        action = receipts.add_for(unit, at, customer, verb, subject=row.subject, **told)
        row.answer = {**row.answer, "receipt": action.number}


def _look_for_pause(at: MerchantContext, row: OperationRow) -> tuple[Seen, ...] | None:
    """Say whether it is paused."""
    seen = at.payments.fetch(ObjectKind.SUBSCRIPTION, row.subject)
    found = seen.snapshot
    is_paused = isinstance(found, Subscription) and found.is_paused_here
    return _with_invoice(at, seen) if is_paused else None


def _look_for_going_on(at: MerchantContext, row: OperationRow) -> tuple[Seen, ...] | None:
    """Say whether it goes on."""
    seen = at.payments.fetch(ObjectKind.SUBSCRIPTION, row.subject)
    found = seen.snapshot
    goes_on = isinstance(found, Subscription) and not found.is_paused and not found.is_ended
    return _with_invoice(at, seen) if goes_on else None


PAUSE = Verb("pause", _send_pause, _record_pause, look=_look_for_pause)
GO_ON = Verb("go_on", _send_go_on, _record_go_on, look=_look_for_going_on)
VERBS: tuple[Verb[Any], ...] = (PAUSE, GO_ON)
