"""The vocabulary in which a merchant's beginnings are written. All days count back from today."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True)
class Bill:
    """A document in Holded: dated ``ago`` days back, due ``due`` days after its date.

    ``paid`` is an amount, or "all", booked ``paid_after`` days after the date.
    """

    ago: int
    line: str
    price: str
    units: int = 1
    due: int = 30
    paid: str = ""
    paid_after: int = 12
    kind: Literal["invoices", "credit-notes", "proformas", "estimates"] = "invoices"
    state: Literal["draft", "approved", "cancelled"] = "approved"
    notes: str = ""
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Repeat:
    """A recurring invoice in Holded, issued by itself; its first one is made in ``days`` days."""

    days: int
    line: str
    price: str
    rhythm: Literal["m", "q", "a"] = "m"
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class OneOff:
    """A single invoice at Stripe, made ``ago`` days back. Amounts are minor units."""

    ago: int
    line: str
    amount: int
    state: Literal["open", "paid", "void", "draft"] = "open"
    due: int = 30


@dataclass(frozen=True)
class Plan:
    """A subscription: ``prices`` are (key of the catalogue, quantity), begun ``ago`` days back.

    ``later`` names what happened to it afterwards, so many days back.
    """

    ago: int
    prices: tuple[tuple[str, int], ...]
    fields: dict[str, Any] = field(default_factory=dict)
    later: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True)
class Person:
    """A customer: ``key`` names it in here, ``about`` says what it is there to show.

    ``methods`` are Stripe's test tokens, or IBANs; the first is the default.
    """

    key: str
    name: str
    email: str
    about: str
    tax_id: str = ""
    phone: str = ""
    language: str = ""
    address: tuple[str, str, str] = ("", "", "")
    at_holded: bool = True
    at_stripe: bool = True
    linked: bool = True
    methods: tuple[str, ...] = ()
    bills: tuple[Bill, ...] = ()
    repeats: tuple[Repeat, ...] = ()
    one_offs: tuple[OneOff, ...] = ()
    plans: tuple[Plan, ...] = ()


@dataclass(frozen=True)
class Price:
    """A recurring price, in minor units; ``tax_behavior`` is unspecified only on purpose."""

    key: str
    amount: int
    interval: Literal["week", "month", "year"]
    tax_behavior: str = "exclusive"
    nickname: str = ""
    usage: bool = False


@dataclass(frozen=True)
class Product:
    """Something sold by subscription. ``offered``: customers may switch to it in the portal.

    ``quantity`` is the least and the most of it that they may order there; None leaves it alone.
    """

    key: str
    name: str
    description: str
    prices: tuple[Price, ...]
    offered: bool = True
    quantity: tuple[int, int] | None = None


@dataclass(frozen=True)
class Merchant:
    """A business of the demo, at both providers. ``tax`` is Holded's key on every line.

    ``rules`` are what it decided for its portal, as the command line takes them.
    """

    slug: str
    name: str
    legal_name: str
    tax_id: str
    address: str
    country: str
    currency: str
    language: str
    timezone: str
    colour: str
    support_email: str
    tax: str
    taxes: tuple[tuple[str, str, str], ...]
    tax_rate: tuple[str, str] | None
    products: tuple[Product, ...]
    people: tuple[Person, ...]
    rules: tuple[str, ...] = ()
    privacy_url: str = ""
    terms_url: str = ""

    @property
    def holded_token(self) -> str:
        return f"pat_{self.slug}_demo"

    @property
    def holded_account(self) -> str:
        return f"hld_{self.slug}"

    @property
    def stripe_key(self) -> str:
        return f"sk_test_{self.slug}Demo"

    @property
    def stripe_account(self) -> str:
        return f"acct_{self.slug}Demo"
