"""What a subscription may change to: the prices on the page, the refused ones with the reason."""

from dataclasses import dataclass

from portal.context import Visit
from portal.domain import limits
from portal.domain.catalogue import Price, Product
from portal.domain.configurations import OfferedProduct, PortalConfiguration
from portal.domain.decisions import Decision, Reason
from portal.domain.errors import NotFound
from portal.domain.limits import Standing
from portal.domain.resolver import Action, Answer, Place, resolve, resolve_switch
from portal.domain.subscriptions import Subscription
from portal.mirror import catalogue, configurations, payment_methods, subscriptions
from portal.mirror.payment_methods import Wallet
from portal.services.subscriptions import Line, line_of, standing_of


@dataclass(frozen=True, slots=True)
class Choice:
    """One price on the page; `bounds` are those of its quantity, None where that is fixed.

    `waits` says that the change to it, at the quantity there is, begins with the next period.
    """

    line: Line
    answer: Answer
    is_current: bool
    bounds: tuple[int, int | None] | None
    waits: bool

    @property
    def price(self) -> Price:
        """Return the price."""
        return self.line.price


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
class Basis:
    """What every step reads first."""

    subscription: Subscription
    standing: Standing
    configuration: PortalConfiguration
    wallet: Wallet
    prices: dict[str, Price]
    products: dict[str, Product]


def menu(visit: Visit, id: str) -> Menu:
    """Return what a subscription may change to, the refused prices with their reason."""
    basis = read(visit, id)
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
    return decide_for(read(visit, id), wish)


def read(visit: Visit, id: str) -> Basis:
    """Return what every step of a change reads first; raises NotFound."""
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
    return Basis(held.subscription, standing, configuration, wallet, known, products)


def decide_for(basis: Basis, wish: Wish) -> Answer:
    """Say where a wished change is done, by what was read."""
    whole = _whole(basis)
    return _switch(basis, wish) if whole.is_open else whole


def _whole(basis: Basis) -> Answer:
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


def _choice(basis: Basis, row: OfferedProduct, price: Price) -> Choice:
    item = basis.subscription.items[0]
    adjustable = row.quantity_adjustable and "quantity" in basis.configuration.subscription_updates
    is_current = price.id == item.price.id
    quantity = _fitting(item.quantity, row) if adjustable else item.quantity
    answer = _switch(basis, Wish(price.id, quantity))
    waits = limits.is_deferred(basis.configuration, basis.subscription, price, quantity)
    return Choice(
        line=line_of(price, 1, basis.products, basis.subscription.currency),
        answer=answer,
        waits=waits and answer.is_open,
        is_current=is_current,
        bounds=(row.quantity_minimum, row.quantity_maximum) if adjustable else None,
    )


def _fitting(quantity: int, row: OfferedProduct) -> int:
    """Return the nearest quantity within bounds: whether a price is open is asked with that."""
    most = quantity if row.quantity_maximum is None else min(quantity, row.quantity_maximum)
    return max(most, row.quantity_minimum)


def _switch(basis: Basis, wish: Wish) -> Answer:
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
