"""A customer's subscriptions as pages show them, and which method each is charged to."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, or_, select, union_all

from portal.context import MerchantContext, Visit
from portal.db import Unit
from portal.domain.catalogue import Coupon, Price, Product
from portal.domain.configurations import PortalConfiguration
from portal.domain.customers import Origin
from portal.domain.errors import NotFound, Refused
from portal.domain.invoices import Invoice
from portal.domain.limits import Standing
from portal.domain.money import Money
from portal.domain.offers import price_with
from portal.domain.payment_methods import PaymentMethod, may_be_default
from portal.domain.resolver import Action, Answer, resolve
from portal.domain.subscriptions import PhaseChange, Subscription, SubscriptionStatus
from portal.gateways.snapshots import Seen
from portal.mirror import (
    catalogue,
    configurations,
    invoices,
    payment_methods,
    refresh,
    subscriptions,
)
from portal.mirror.payment_methods import Wallet
from portal.mirror.subscriptions import Held
from portal.services import operations, receipts
from portal.services.operations import Verb
from portal.store import operations as rows
from portal.store.customers import CustomerRow
from portal.store.operations import OperationRow, OperationState

NOTHING_COMES = frozenset(
    {
        SubscriptionStatus.PAUSED,
        SubscriptionStatus.INCOMPLETE,
        SubscriptionStatus.UNPAID,
    }
)
CANCEL_VERBS = ("cancel", "cancel_now")
# How long a page says that something came to nothing.
REMEMBERED = timedelta(hours=24)
MONEY_IS_MISSING = frozenset(
    {SubscriptionStatus.PAST_DUE, SubscriptionStatus.UNPAID, SubscriptionStatus.INCOMPLETE}
)


@dataclass(frozen=True, slots=True)
class Line:
    """One item: `amount` is what a period costs before tax, None where usage decides."""

    name: str
    description: str
    price: Price
    quantity: int
    amount: Money | None


@dataclass(frozen=True, slots=True)
class Taken:
    """A discount in force; `coupon` is None where we were never told what it is."""

    coupon: Coupon | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class Pending:
    """A change that is planned: when it comes and what the subscription holds then."""

    starts_at: datetime
    lines: tuple[Line, ...]


@dataclass(frozen=True, slots=True)
class Shown:
    """A subscription with all a page says of it.

    `answers` and what stands below it are filled for the page of one subscription only, but
    `discounts` are everywhere.
    `waiting` is what it would hold if the change that waits for its payment were paid for.
    `unanswered` names the verbs whose outcome is being found out, `received` is the receipt of a
    cancellation among them (0 while it has none), `was_not_done` tells that one came to nothing
    after all, `open_invoice` is what has to be paid first.
    """

    subscription: Subscription
    lines: tuple[Line, ...]
    method: PaymentMethod | None
    pending_from: datetime | None
    answers: Mapping[Action, Answer] = field(default_factory=dict)
    pending: Pending | None = None
    waiting: tuple[Line, ...] = ()
    discounts: tuple[Taken, ...] = ()
    unanswered: frozenset[str] = frozenset()
    received: int | None = None
    was_not_done: bool = False
    open_invoice: Invoice | None = None

    @property
    def id(self) -> str:
        """Return its id at Stripe."""
        return self.subscription.id

    @property
    def name(self) -> str:
        """Return what it is called: its products."""
        return ", ".join(line.name for line in self.lines)

    @property
    def status(self) -> str:
        """Return the word of its state, one vocabulary for lists, pages and mails."""
        if self.subscription.is_cancelling:
            return "cancelling"
        if self.subscription.paused_by_collection and not self.subscription.is_ended:
            return "paused"
        if self.subscription.is_invoiced and self.subscription.status == "past_due":
            return "overdue"
        return self.subscription.status.value

    @property
    def amount(self) -> Money | None:
        """Return what a period costs before tax and discounts, None where usage decides."""
        return self.subscription.recurring_amount()

    @property
    def reduced(self) -> Money | None:
        """Return what the next period costs with its one discount, None where that is not sure."""
        if len(self.discounts) != 1 or self.next_charge_at is None:
            return None
        (taken,) = self.discounts
        is_over_by_then = taken.ends_at is not None and taken.ends_at <= self.next_charge_at
        if taken.coupon is None or is_over_by_then:
            return None
        return price_with(taken.coupon, self.subscription)

    @property
    def price(self) -> Price | None:
        """Return the price whose period is everybody's, None where items have several periods."""
        periods = {(line.price.interval, line.price.interval_count) for line in self.lines}
        return self.lines[0].price if len(periods) == 1 else None

    @property
    def next_charge_at(self) -> datetime | None:
        """Return when money moves next, None if nothing is to come."""
        subscription = self.subscription
        if subscription.is_paused_here and not subscription.is_cancelling:
            return subscription.resumes_at
        ends = [item.period_end for item in subscription.items if item.period_end]
        is_still = subscription.status in NOTHING_COMES or subscription.paused_by_collection
        if subscription.is_ended or subscription.is_cancelling or is_still or not ends:
            return None
        return min(ends)

    @property
    def has_pending_update(self) -> bool:
        """Whether a change waits for its invoice to be paid."""
        return self.subscription.is_change_waiting


def list_shown(visit: Visit) -> list[Shown]:
    """Return the customer's subscriptions, the running ones first (three statements)."""
    held = subscriptions.list_of_customer(visit)
    wallet = payment_methods.wallet(visit) if held else Wallet()
    products, coupons = named_in(visit, [one.subscription for one in held])
    return [_shown(visit, one, wallet, products, coupons) for one in held]


def get_shown(visit: Visit, id: str) -> Shown:
    """Return one subscription with everything its page says; raises NotFound."""
    held = subscriptions.get(visit, id)
    wallet = payment_methods.wallet(visit)
    configuration = configurations.current(visit.db, visit.merchant)
    phase = held.schedule.pending(visit.now) if held.schedule else None
    waiting = held.subscription.pending_items
    prices = _prices_of(visit, [*(phase.items if phase else ()), *waiting])
    own = [item.price for item in held.subscription.items]
    products = _products(visit, [*own, *prices.values()])
    ids = [discount.coupon for discount in held.subscription.discounts if discount.coupon]
    coupons = catalogue.list_coupons(visit.db, visit.merchant, ids)
    shown = _shown(visit, held, wallet, products, coupons)
    standing = standing_of(visit, held, wallet)
    told = _told(visit, id)
    unanswered = [row for row in told if row.state != OperationState.REFUSED]
    return Shown(
        subscription=shown.subscription,
        lines=shown.lines,
        method=shown.method,
        pending_from=shown.pending_from,
        answers={action: resolve(action, standing, configuration) for action in Action},
        pending=_pending(phase, prices, products, held.subscription.currency),
        waiting=_lines(waiting, prices, products, held.subscription.currency),
        discounts=shown.discounts,
        unanswered=frozenset(row.verb for row in unanswered),
        received=_received(unanswered),
        was_not_done=len(unanswered) < len(told),
        open_invoice=_open_invoice(visit, held.subscription),
    )


def standing_of(visit: Visit, held: Held, wallet: Wallet) -> Standing:
    """Return what the rules must know of a subscription beside itself."""
    method = wallet.charged_by(held.subscription)
    return Standing(
        held.subscription,
        held.schedule,
        method.type if method else "",
        visit.now,
        visit.merchant.rules.pause_months,
    )


def list_unanswered(visit: Visit, id: str) -> frozenset[str]:
    """Return the verbs that were asked of Stripe for a subscription and have no answer yet."""
    found = visit.db.rows(_UNANSWERED, {"customer": visit.customer.id, "subject": id})
    return frozenset(row.verb for row in found)


def _told(visit: Visit, id: str) -> Sequence[Row[Any]]:
    values = {"customer": visit.customer.id, "subject": id, "since": visit.now - REMEMBERED}
    return visit.db.rows(_TOLD, values)


def _received(unanswered: Sequence[Row[Any]]) -> int | None:
    """Return the receipt of a cancellation that counts before Stripe has answered."""
    asked = (row for row in unanswered if row.verb in CANCEL_VERBS)
    return next((int(row.answer.get("receipt", 0)) for row in asked), None)


def name_of(visit: Visit, subscription: Subscription) -> str:
    """Return what a subscription is called in receipts."""
    products = _products(visit, [item.price for item in subscription.items])
    return ", ".join(_name(products, item.price) for item in subscription.items)


def may_charge_to(
    visit: Visit, held: Held, wallet: Wallet, configuration: PortalConfiguration
) -> Answer:
    """Say whether the customer can choose the method of a subscription."""
    return resolve(Action.CHANGE_METHOD, standing_of(visit, held, wallet), configuration)


def charge_to(visit: Visit, id: str, method_id: str) -> None:
    """Have one subscription charged to another method of the customer."""
    held, wallet = subscriptions.get(visit, id), payment_methods.wallet(visit)
    configuration = configurations.current(visit.db, visit.merchant)
    answer = may_charge_to(visit, held, wallet, configuration)
    method = payment_methods.get(visit, method_id)
    for decision in (answer.decision, may_be_default(method, visit.today)):
        if not decision.is_allowed:
            raise Refused(decision)
    name = name_of(visit, held.subscription)
    with visit.db.write() as unit:
        earlier = rows.list_unanswered_of(unit, visit.customer.id, [CHARGE_TO.name], id)
        operations.supersede(unit, visit.at, earlier)
        row = operations.begin(
            unit,
            visit.at,
            CHARGE_TO,
            customer_id=visit.customer.id,
            subject=id,
            subscription=id,
            method=method.id,
            told={
                **who(visit),
                "plan": name,
                "method_type": method.type,
                "brand": method.brand,
                "last4": method.last4,
            },
        )
    operations.perform(visit.at, CHARGE_TO, row.id)


def who(visit: Visit) -> dict[str, str]:
    """Return who asks, as receipts tell it, for operations that may be recorded much later."""
    return {"by_email": visit.email, "address": visit.address}


def hold(unit: Unit, visit: Visit) -> None:
    """Let nobody else decide on this customer's subscriptions until the unit ends."""
    unit.get(CustomerRow, visit.customer.id, with_for_update=True)


def _send_charge_to(at: MerchantContext, told: dict[str, Any], key: str) -> Seen:
    return at.payments.charge_to(told["subscription"], told["method"], key=key)


def _record_charge_to(unit: Unit, at: MerchantContext, row: OperationRow, seen: Seen) -> None:
    refresh.save(unit, at.merchant, Origin.STRIPE, [seen], now=at.now)
    if row.customer_id is not None:
        receipts.add_for(
            unit, at, row.customer_id, "method_chosen", subject=row.subject,
            **row.parameters["told"],
        )  # fmt: skip


CHARGE_TO = Verb("charge_to", _send_charge_to, _record_charge_to)
VERBS: tuple[Verb[Any], ...] = (CHARGE_TO,)

_OF_SUBJECT = select(OperationRow.verb, OperationRow.state, OperationRow.answer).where(
    OperationRow.customer_id == bindparam("customer"),
    OperationRow.subject == bindparam("subject"),
)
_UNANSWERED = _OF_SUBJECT.where(
    OperationRow.state.in_([OperationState.PENDING, OperationState.UNKNOWN])
)
# A refusal the customer was not there to see: it came when the worker asked again.
_NOT_DONE = _OF_SUBJECT.where(
    OperationRow.state == OperationState.REFUSED,
    OperationRow.error != rows.SUPERSEDED,
    or_(
        OperationRow.tries > 1,
        OperationRow.error.in_([operations.NOT_WANTED, operations.TOO_LATE]),
    ),
    OperationRow.answered_at > bindparam("since"),
)
_TOLD = union_all(_UNANSWERED, _NOT_DONE)


def _shown(
    visit: Visit,
    held: Held,
    wallet: Wallet,
    products: Mapping[str, Product],
    coupons: Mapping[str, Coupon],
) -> Shown:
    subscription = held.subscription
    phase = held.schedule.pending(visit.now) if held.schedule else None
    return Shown(
        subscription=subscription,
        lines=tuple(
            line_of(item.price, item.quantity, products, subscription.currency)
            for item in subscription.items
        ),
        method=wallet.charged_by(subscription),
        discounts=discounts_of(subscription, coupons, visit.now),
        pending_from=phase.starts_at if phase else None,
    )


def line_of(price: Price, quantity: int, products: Mapping[str, Product], currency: str) -> Line:
    """Return one item as pages show it."""
    unit = price.amount_in(currency)
    product = products.get(price.product)
    return Line(
        name=_name(products, price),
        description=product.description if product else "",
        price=price,
        quantity=quantity,
        amount=(
            None if unit is None or price.is_metered else Money(unit.amount * quantity, currency)
        ),
    )


def _name(products: Mapping[str, Product], price: Price) -> str:
    product = products.get(price.product)
    return product.name if product else price.nickname or price.product


def _products(visit: Visit, prices: Sequence[Price]) -> dict[str, Product]:
    return catalogue.list_products(visit.db, visit.merchant, [price.product for price in prices])


def _prices_of(visit: Visit, items: Sequence[tuple[str, int]]) -> dict[str, Price]:
    ids = [price for price, _ in items]
    return catalogue.list_prices(visit.db, visit.merchant, ids)


def _pending(
    phase: PhaseChange | None,
    prices: Mapping[str, Price],
    products: Mapping[str, Product],
    currency: str,
) -> Pending | None:
    if phase is None:
        return None
    return Pending(phase.starts_at, _lines(phase.items, prices, products, currency))


def _lines(
    items: Sequence[tuple[str, int]],
    prices: Mapping[str, Price],
    products: Mapping[str, Product],
    currency: str,
) -> tuple[Line, ...]:
    return tuple(
        line_of(prices[id], quantity, products, currency) for id, quantity in items if id in prices
    )


def named_in(
    visit: Visit, held: Sequence[Subscription]
) -> tuple[dict[str, Product], dict[str, Coupon]]:
    """Return the products and coupons that subscriptions name, in one statement."""
    found = catalogue.look_named(
        visit.db,
        visit.merchant,
        {item.price.product for one in held for item in one.items},
        {discount.coupon for one in held for discount in one.discounts if discount.coupon},
    )
    return catalogue.named_in(found)


def discounts_of(
    subscription: Subscription, coupons: Mapping[str, Coupon], now: datetime
) -> tuple[Taken, ...]:
    """Return the discounts of a subscription that are in force."""
    return tuple(
        Taken(coupons.get(discount.coupon), discount.ends_at)
        for discount in subscription.discounts
        if discount.ends_at is None or discount.ends_at > now
    )


def _open_invoice(visit: Visit, subscription: Subscription) -> Invoice | None:
    """Return the invoice that has to be paid before things go on."""
    wants = subscription.status in MONEY_IS_MISSING or subscription.is_change_waiting
    if wants and subscription.latest_invoice:
        with suppress(NotFound):
            found = invoices.get(visit, subscription.latest_invoice).invoice
            return found if found.is_open else None
    return None
