"""Which Stripe invoices get a counterpart in Holded, and what stands in it.

A counterpart is the Holded document that stands for a Stripe invoice (an invoice, which is the
legal one) or for a Stripe refund (a credit note, which the merchant approves). Everything here is
pure; what cannot be said without guessing is a Problem, and then no document is made.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from portal.domain.bills import Bill, BillLine
from portal.domain.drafts import GRAIN, HUNDRED, ZERO, Item, SalesTax, fit
from portal.domain.invoices import InvoiceState
from portal.domain.money import exponent
from portal.domain.rules import Rules

SHORTEST_DISCOUNT = Decimal("0.01")
NAMED = re.compile(r"(\d{1,3}(?:\.\d{1,4})?)\s*=\s*(\S+)", re.ASCII)


class ProblemCode(StrEnum):
    """Why a document was not made, or what a person has to see to after it was."""

    CURRENCY = "currency"
    NEGATIVE = "negative"
    SUMS = "sums"
    NO_TAX = "no_tax"
    SEVERAL_TAXES = "several_taxes"
    ANONYMOUS = "anonymous"
    CONTACTS = "contacts"
    SEVERAL_DOCUMENTS = "several_documents"
    GONE = "gone"
    REFUSED = "refused"
    VOIDED = "voided"
    REST = "rest"
    UNEXPLAINED = "unexplained"
    REFUND_CAME_BACK = "refund_came_back"


@dataclass(frozen=True, slots=True)
class Problem:
    """What a person has to see to; `detail` names ids, keys and sums, never anybody's data."""

    code: ProblemCode
    detail: str = ""


class Stuck(Exception):
    """Nothing can be done until a person has seen to a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.code}: {problem.detail}")
        self.problem = problem


@dataclass(frozen=True, slots=True)
class Words:
    """What items say beyond Stripe's own texts, in the merchant's language.

    `line` is the text of an item that Stripe, or Holded, has none for.
    """

    discount: str
    line: str


def is_wanted(rules: Rules, bill: Bill, issued_on: date | None) -> bool:
    """Say whether a merchant wants a Holded invoice for a Stripe invoice.

    Only of those issued since it decided so: older ones may be in its books already. One of
    nothing (a trial) is no sale.
    """
    return bill.total != 0 and is_due(rules, bill.state, issued_on)


def is_due(rules: Rules, state: InvoiceState, issued_on: date | None) -> bool:
    """Say whether an invoice of this state and day is one the merchant wants a document for."""
    since = rules.invoice_stripe_since
    if since is None or issued_on is None or issued_on < since:
        return False
    match rules.invoice_stripe_sales:
        case "paid":
            return state is InvoiceState.PAID
        case "finalized":
            return state in {InvoiceState.PAID, InvoiceState.OPEN}
        case _:
            return False


def items_of(
    bill: Bill, taxes: Sequence[SalesTax], *, books: str, named: Sequence[str], words: Words
) -> tuple[Item, ...] | Problem:
    """Translate a Stripe invoice into Holded's items, which come to the same cent.

    `books` is the currency of the account, `named` the taxes the merchant chose (`21=s_iva_21`).
    """
    if bill.currency != books or exponent(books) != 2:
        return Problem(ProblemCode.CURRENCY, f"{bill.currency} in books of {books}")
    if bill.total < 0:
        return Problem(ProblemCode.NEGATIVE, _sum(bill.total))
    lines = [line for line in bill.lines if line.amount]
    if sum(line.total for line in lines) != bill.total:
        return Problem(ProblemCode.SUMS, f"the lines do not add up to {_sum(bill.total)}")
    items: list[Item] = []
    for line in lines:
        keys = _keys(line, taxes, named)
        if isinstance(keys, Problem):
            return keys
        items.extend(_items(line, keys, words))
    found = fit(items, bill.total, percents_of(taxes))
    if found is None:
        return Problem(ProblemCode.SUMS, f"Holded does not come to {_sum(bill.total)}")
    return found


def percents_of(taxes: Sequence[SalesTax]) -> dict[str, Decimal]:
    """Return the per cent of each tax by its key."""
    return {tax.key: tax.percent for tax in taxes}


def find_tax(
    percent: Decimal, taxes: Sequence[SalesTax], named: Sequence[str]
) -> SalesTax | Problem:
    """Find Holded's tax on sales of a rate: the one the merchant named, else the only one.

    Two of one rate mean different things in law (exempt, exported), so none is guessed.
    """
    chosen = _named(named).get(percent)
    fitting = [tax for tax in taxes if tax.percent == percent and chosen in (None, tax.key)]
    if len(fitting) == 1:
        return fitting[0]
    if fitting:
        keys = ", ".join(tax.key for tax in fitting)
        return Problem(ProblemCode.SEVERAL_TAXES, f"{_plain(percent)} %: {keys}")
    return Problem(ProblemCode.NO_TAX, f"{_plain(percent)} %" + (f": {chosen}" if chosen else ""))


@dataclass(frozen=True, slots=True)
class Sold:
    """One item of a Holded invoice as it stands: what it comes to without tax, and its taxes.

    `percent` is that of all its taxes together; where no `taxes` are named it is of the one.
    """

    net: Decimal
    taxes: tuple[str, ...]
    percent: Decimal = ZERO


def items_of_refund(
    sold: Sequence[Sold],
    amount: int,
    taxes: Sequence[SalesTax],
    *,
    named: Sequence[str],
    words: Words,
) -> tuple[Item, ...] | Problem:
    """Return the items of a credit note over `amount` cents of an invoice, by its taxes in parts.

    Each combination of taxes gets the part of the sum that it has in the invoice.
    """
    percents = percents_of(taxes)
    nets: dict[tuple[str, ...], Decimal] = {}
    for item in sold:
        keys = item.taxes or _key_of(item.percent, taxes, named)
        if isinstance(keys, Problem):
            return keys
        nets[keys] = nets.get(keys, ZERO) + item.net
    unknown = {key for keys in nets for key in keys} - percents.keys()
    if unknown:
        return Problem(ProblemCode.NO_TAX, ", ".join(sorted(unknown)))
    factors = {keys: 1 + sum((percents[key] for key in keys), ZERO) / HUNDRED for keys in nets}
    whole = sum((net * factors[keys] for keys, net in nets.items()), ZERO)
    if whole <= 0:
        return Problem(ProblemCode.SUMS, f"the invoice does not hold {_sum(amount)}")
    part = Decimal(amount) / (whole * HUNDRED)
    items = [
        Item(text=words.line, price=(net * part).quantize(SHORTEST_DISCOUNT), taxes=keys)
        for keys, net in nets.items()
        if net
    ]
    found = fit(items, amount, percents)
    return found or Problem(ProblemCode.SUMS, f"Holded does not come to {_sum(amount)}")


def _key_of(
    percent: Decimal, taxes: Sequence[SalesTax], named: Sequence[str]
) -> tuple[str, ...] | Problem:
    found = find_tax(percent, taxes, named)
    return found if isinstance(found, Problem) else (found.key,)


def _keys(
    line: BillLine, taxes: Sequence[SalesTax], named: Sequence[str]
) -> tuple[str, ...] | Problem:
    keys: list[str] = []
    for percent in [tax.percent for tax in line.taxes] or [ZERO]:
        found = find_tax(percent, taxes, named)
        if isinstance(found, Problem):
            return found
        keys.append(found.key)
    return tuple(dict.fromkeys(keys))


def _items(line: BillLine, keys: tuple[str, ...], words: Words) -> Iterator[Item]:
    """Yield a line as one item, with a second one where its discount is no plain per cent."""
    before = _before_discount(line)
    whole = _priced(line, before, keys, words)
    if not line.discount:
        yield whole
        return
    percent = (HUNDRED * (before - line.net) / before).quantize(SHORTEST_DISCOUNT)
    reduced = Item(whole.text, whole.price, keys, whole.units, percent)
    if 0 < percent <= HUNDRED and reduced.net == _money(line.net):
        yield reduced
        return
    yield whole
    yield Item(f"{words.discount}: {line.text or words.line}", _money(line.net - before), keys)


def _before_discount(line: BillLine) -> int:
    """Return what a line comes to without tax before its discount, in cents."""
    inside = sum((tax.percent for tax in line.taxes if tax.is_inclusive), ZERO)
    if not line.discount:
        return line.net
    return int((line.amount / (1 + inside / HUNDRED)).to_integral_value())


def _priced(line: BillLine, net: int, keys: tuple[str, ...], words: Words) -> Item:
    """Price a line by the unit where that is a sum of six decimals; else it is one unit."""
    text = line.text or words.line
    if line.quantity > 1:
        price = (_money(net) / line.quantity).quantize(GRAIN)
        if price * line.quantity == _money(net):
            return Item(text, price, keys, line.quantity)
        return Item(f"{line.quantity} × {text}", _money(net), keys)
    return Item(text, _money(net), keys)


def _named(named: Sequence[str]) -> dict[Decimal, str]:
    """Return the chosen key of each rate; what names no rate chooses nothing."""
    found = (NAMED.fullmatch(each.strip()) for each in named)
    return {Decimal(match[1]): match[2] for match in found if match}


def _money(cents: int) -> Decimal:
    return Decimal(cents).scaleb(-2)


def _sum(cents: int) -> str:
    return f"{_money(cents):f}"


def _plain(value: Decimal) -> str:
    return f"{value.normalize():f}"
