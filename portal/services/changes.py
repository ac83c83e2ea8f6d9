"""Changing the price or quantity of a subscription: choices, the exact sums, and the change."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from portal.context import MerchantContext, Visit
from portal.db import Unit
from portal.domain import limits
from portal.domain.catalogue import Price, Product
from portal.domain.configurations import OfferedProduct, PortalConfiguration
from portal.domain.customers import Origin
from portal.domain.decisions import Decision, Reason
from portal.domain.errors import GatewayError, NotFound, Refused
from portal.domain.events import ObjectKind
from portal.domain.limits import Standing
from portal.domain.money import Money
from portal.domain.resolver import Action, Answer, Place, resolve, resolve_switch
from portal.domain.subscriptions import Subscription
from portal.gateways.payments import Change, Preview
from portal.gateways.snapshots import Seen
from portal.mirror import catalogue, configurations, payment_methods, refresh, subscriptions
from portal.mirror.payment_methods import Wallet
from portal.services import operations, receipts
from portal.services.operations import Verb
from portal.services.subscriptions import Line, hold, line_of, name_of, standing_of, who
from portal.store import consents
from portal.store import operations as rows
from portal.store.operations import OperationRow, OperationState

# An invoice dated this close to the change is made by it, and not by the next renewal.
AT_ONCE = timedelta(minutes=5)
# How long after its quote a change may still be sent for the first time.
WORTH_SENDING = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Choice:
    """One price on the page; `bounds` are those of its quantity, None where that is fixed."""

    line: Line
    answer: Answer
    is_current: bool
    bounds: tuple[int, int | None] | None

    @property
    def price(self) -> Price:
        """Return the price."""
        return self.line.price

    @property
    def waits(self) -> bool:
        """Whether the change is made at Stripe, for the end of the period."""
        return self.answer.is_open and self.answer.place is Place.AT_STRIPE


@dataclass(frozen=True, slots=True)
class Menu:
    """What a subscription may change to; `answer` says whether anything is open at all."""

    name: str
    quantity: int
    answer: Answer
    choices: tuple[Choice, ...]
    may_enter_code: bool

    @property
    def has_quantity(self) -> bool:
        """Whether a quantity can be entered."""
        return any(choice.bounds for choice in self.choices)

    @property
    def is_empty(self) -> bool:
        """Whether nothing else is open."""
        return not any(
            choice.answer.is_open or (choice.is_current and choice.bounds)
            for choice in self.choices
        )


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants to change to."""

    price: str
    quantity: int


@dataclass(frozen=True, slots=True)
class Quote:
    """Stripe's own sums of one change.

    `first` is the next invoice that comes of it, `then` that of a full period after. `is_now` says
    that the first one is made and charged with the change.
    """

    change: Change
    before: Line
    after: Line
    first: Preview
    then: Preview
    is_now: bool

    @property
    def due_now(self) -> Money:
        """Return what is charged with the change."""
        return Money(self.first.due if self.is_now else 0, self.first.currency)

    @property
    def due(self) -> Money:
        """Return what the first invoice will charge, whenever it comes."""
        return Money(self.first.due, self.first.currency)

    @property
    def tax(self) -> Money:
        """Return the tax of the first invoice."""
        return Money(self.first.tax, self.first.currency)

    @property
    def discount(self) -> Money | None:
        """Return what discounts take off the first invoice, as a minus."""
        return Money(-self.first.discount, self.first.currency) if self.first.discount else None

    @property
    def balance(self) -> Money | None:
        """Return what the customer's credit pays of the first invoice, as a minus."""
        paid = min(-self.first.starting_balance, self.first.total)
        return Money(-paid, self.first.currency) if paid > 0 else None

    @property
    def full_sum(self) -> Money:
        """Return the sum of a full period, with tax."""
        return Money(self.then.total, self.then.currency)

    @property
    def credit(self) -> Money | None:
        """Return what the first invoice leaves to the customer's credit, None if nothing."""
        return Money(self.first.credit, self.first.currency) if self.first.credit else None

    @property
    def next_sum(self) -> Money:
        """Return the sum of the next charge after today."""
        preview = self.then if self.is_now else self.first
        return Money(preview.total, preview.currency)

    @property
    def next_at(self) -> datetime | None:
        """Return when that charge comes."""
        return (self.then if self.is_now else self.first).made_at

    @property
    def sums(self) -> list[int]:
        """Return what must be the same when the change is confirmed."""
        return [int(self.is_now), self.first.due, self.first.total, self.first.tax, self.then.total]


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


@dataclass(frozen=True, slots=True)
class _Basis:
    """What every step reads first."""

    subscription: Subscription
    standing: Standing
    configuration: PortalConfiguration
    wallet: Wallet
    prices: dict[str, Price]
    products: dict[str, Product]


def menu(visit: Visit, id: str) -> Menu:
    """Return what a subscription may change to, the refused prices with their reason."""
    basis = _read(visit, id)
    item = basis.subscription.items[0]
    own = basis.configuration.product_of(item.price.id)
    offered = [
        (row, basis.prices[price])
        for row in basis.configuration.products
        for price in row.prices
        if price in basis.prices
    ]
    if own is None:
        offered.insert(0, (OfferedProduct(item.price.product, ()), item.price))
    return Menu(
        name=line_of(item.price, 1, basis.products, basis.subscription.currency).name,
        quantity=item.quantity,
        answer=_whole(basis),
        choices=tuple(_choice(basis, row, price) for row, price in offered),
        may_enter_code=resolve(Action.ENTER_CODE, basis.standing, basis.configuration).is_open,
    )


def decide(visit: Visit, id: str, wish: Wish) -> Answer:
    """Say where a wished change is done."""
    return _decide(_read(visit, id), wish)


def quote(visit: Visit, id: str, wish: Wish, *, at: datetime | None = None) -> Quote:
    """Ask Stripe what a change would cost; raises Refused and the gateway errors.

    `at` repeats an earlier quote: with the moment it counted from, the sums are the same unless
    something else changed meanwhile. That moment is told by Stripe's clock, which decides what is
    charged at once.
    """
    at = at or _stripes_time(visit, id)
    basis = _read(visit, id)
    decision = _decide(basis, wish).decision
    if not decision.is_allowed:
        raise Refused(decision)
    change = _change(visit, basis, wish, at)
    first = visit.at.payments.preview_change(change)
    then = visit.at.payments.preview_renewal(change)
    item, currency = basis.subscription.items[0], basis.subscription.currency
    is_near = first.made_at is None or first.made_at <= change.proration_date + AT_ONCE
    return Quote(
        change=change,
        before=line_of(item.price, item.quantity, basis.products, currency),
        after=line_of(basis.prices[wish.price], wish.quantity, basis.products, currency),
        first=first,
        then=then,
        is_now=is_near,
    )


def _stripes_time(visit: Visit, id: str) -> datetime:
    """Read the subscription afresh, and return what time it is for Stripe."""
    subscriptions.get(visit, id)
    seen = visit.at.payments.fetch(ObjectKind.SUBSCRIPTION, id)
    with visit.db.write() as unit:
        refresh.save(unit, visit.merchant, Origin.STRIPE, [seen], now=visit.at.now)
    return seen.at


def confirm(visit: Visit, id: str, wish: Wish, shown_before: Shown) -> Changed:
    """Make a change at the sums that were shown.

    Raises Refused, with AMOUNT_CHANGED where Stripe now says other sums, and the gateway errors.
    """
    nonce = shown_before.nonce
    operation = hashlib.sha256(f"change:{visit.customer.id}:{nonce}".encode()).hexdigest()[:24]
    with visit.db.session() as reader:
        known = reader.get(OperationRow, operation)
    if known is None:
        shown = quote(visit, id, wish, at=shown_before.at)
        if shown.sums != list(shown_before.sums):
            raise Refused(Decision.of(Reason.AMOUNT_CHANGED))
        _begin(visit, id, operation, shown, shown_before.consent)
    if known is None or not known.is_answered:
        operations.perform(visit.at, CHANGE, operation)
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
            "quantity": shown.after.quantity if shown.after.quantity > 1 else None,
            "currency": shown.first.currency,
            "charged": charged,
            "credited": shown.first.credit or None if shown.is_now else None,
            "next_sum": shown.next_sum.amount,
            "next_on": shown.next_at.isoformat() if shown.next_at else None,
        }
        change = asdict(shown.change)
        operations.begin(
            unit,
            visit.at,
            CHANGE,
            customer_id=visit.customer.id,
            subject=id,
            id=operation,
            change={**change, "proration_date": shown.change.proration_date.isoformat()},
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
    change = _told(told)
    return _with_invoice(at, at.payments.change_subscription(change, key=key))


def _is_wanted(at: MerchantContext, row: OperationRow) -> bool:
    """Say whether a change may still be sent: its sums hold for an hour, and nobody has left."""
    change = _told(row.parameters)
    seen = at.payments.fetch(ObjectKind.SUBSCRIPTION, change.subscription)
    told = seen.snapshot
    goes_on = isinstance(told, Subscription) and not (told.is_cancelling or told.is_ended)
    return goes_on and seen.at - change.proration_date <= WORTH_SENDING


def _look(at: MerchantContext, row: OperationRow) -> tuple[Seen, ...] | None:
    """Say whether a change was made, by what the subscription holds."""
    change = _told(row.parameters)
    seen = at.payments.fetch(ObjectKind.SUBSCRIPTION, change.subscription)
    found = seen.snapshot
    if not isinstance(found, Subscription):
        return None
    held = {(item.price.id, item.quantity) for item in found.items}
    is_made = _waits(found) or (change.price, change.quantity) in held
    return _with_invoice(at, seen) if is_made else None


def _with_invoice(at: MerchantContext, seen: Seen) -> tuple[Seen, ...]:
    changed = seen.snapshot
    if isinstance(changed, Subscription) and changed.latest_invoice and _waits(changed):
        # The change is made whether or not this is read; its webhook tells it as well.
        with suppress(GatewayError):
            return seen, at.payments.fetch(ObjectKind.INVOICE, changed.latest_invoice)
    return (seen,)


def _told(parameters: dict[str, Any]) -> Change:
    """Return the change that an operation froze."""
    wanted = parameters["change"]
    return Change(**{**wanted, "proration_date": datetime.fromisoformat(wanted["proration_date"])})


def _record(unit: Unit, at: MerchantContext, row: OperationRow, seen: tuple[Seen, ...]) -> None:
    refresh.save(unit, at.merchant, Origin.STRIPE, seen, now=at.now)
    changed, told = seen[0].snapshot, row.parameters["told"]
    if row.customer_id is None or not isinstance(changed, Subscription):
        return
    verb = "plan_changed"
    if _waits(changed):
        row.state, verb, told = OperationState.WAITING, "change_waits", _briefly(told)
    receipt = receipts.add_for(unit, at, row.customer_id, verb, subject=row.subject, **told)
    row.answer = {**row.answer, "receipt": receipt.number, "waits": _waits(changed)}


def follow(unit: Unit, at: MerchantContext, told: Sequence[Subscription]) -> None:
    """Write the receipt of a change that waited for its payment: made at last, or come to nothing.

    Stripe drops a change whose invoice is not paid within 23 hours.
    """
    settled = {one.id: one for one in told if not _waits(one)}
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


def _period(line: Line) -> list[str | int]:
    return [line.price.interval, line.price.interval_count]


def _waits(subscription: Subscription) -> bool:
    return subscription.pending_update_expires_at is not None


CHANGE = Verb("change", _send, _record, is_wanted=_is_wanted, look=_look)
VERBS: tuple[Verb[Any], ...] = (CHANGE,)


def _read(visit: Visit, id: str) -> _Basis:
    held, wallet = subscriptions.get(visit, id), payment_methods.wallet(visit)
    configuration = configurations.current(visit.db, visit.merchant)
    offered = [price for row in configuration.products for price in row.prices]
    prices = catalogue.list_prices(visit.db, visit.merchant, offered)
    items = held.subscription.items
    if not items:
        raise NotFound(f"subscription {id} without items")
    known = {item.price.id: item.price for item in items} | prices
    products = catalogue.list_products(
        visit.db, visit.merchant, [price.product for price in known.values()]
    )
    standing = standing_of(visit, held, wallet)
    return _Basis(held.subscription, standing, configuration, wallet, known, products)


def _decide(basis: _Basis, wish: Wish) -> Answer:
    whole = _whole(basis)
    return _switch(basis, wish) if whole.is_open else whole


def _whole(basis: _Basis) -> Answer:
    answer = resolve(Action.CHANGE, basis.standing, basis.configuration)
    offered = [
        price
        for price in basis.prices.values()
        if price.is_active and basis.configuration.product_of(price.id) is not None
    ]
    decision = limits.may_offer(basis.configuration, offered)
    if decision.is_allowed or not answer.is_open:
        return answer
    return Answer(Place.ASK_MERCHANT, decision)


def _choice(basis: _Basis, row: OfferedProduct, price: Price) -> Choice:
    item = basis.subscription.items[0]
    adjustable = row.quantity_adjustable and "quantity" in basis.configuration.subscription_updates
    is_current = price.id == item.price.id
    quantity = _fitting(item.quantity, row) if adjustable else item.quantity
    return Choice(
        line=line_of(price, 1, basis.products, basis.subscription.currency),
        answer=_switch(basis, Wish(price.id, quantity)),
        is_current=is_current,
        bounds=(row.quantity_minimum, row.quantity_maximum) if adjustable else None,
    )


def _fitting(quantity: int, row: OfferedProduct) -> int:
    """Return the nearest quantity within bounds: whether a price is open is asked with that."""
    most = quantity if row.quantity_maximum is None else min(quantity, row.quantity_maximum)
    return max(most, row.quantity_minimum)


def _switch(basis: _Basis, wish: Wish) -> Answer:
    price = basis.prices.get(wish.price)
    if price is None:
        return Answer(Place.NO, Decision.of(Reason.PRICE_NOT_OFFERED))
    return resolve_switch(
        basis.standing,
        basis.configuration,
        new=price,
        product=basis.products.get(price.product),
        quantity=wish.quantity,
    )


def _change(visit: Visit, basis: _Basis, wish: Wish, at: datetime) -> Change:
    subscription, configuration = basis.subscription, basis.configuration
    item, new = subscription.items[0], basis.prices[wish.price]
    method = basis.wallet.charged_by(subscription)
    return Change(
        subscription=subscription.id,
        item=item.id,
        price=new.id,
        quantity=wish.quantity,
        proration_behavior=configuration.proration_behavior,
        billing_cycle_anchor=_anchor(subscription, configuration, new),
        ends_trial=limits.ends_trial(subscription, configuration),
        proration_date=at,
        keeps_old_until_paid=not (method and method.kind and method.kind.has_mandate),
    )


def _anchor(subscription: Subscription, configuration: PortalConfiguration, new: Price) -> str:
    """Return where periods begin after a change.

    A period of another length begins with the change, as classic billing has it by itself; flexible
    billing would keep the old rhythm. In a trial nothing has begun yet.
    """
    if subscription.is_trialing:
        return "unchanged"
    old = subscription.items[0].price
    is_other_length = (old.interval, old.interval_count) != (new.interval, new.interval_count)
    return "now" if is_other_length else configuration.billing_cycle_anchor
