"""Paying a set of invoices with one press: which charges it makes, and whether it may."""

from collections.abc import Sequence
from dataclasses import dataclass

from portal.domain.customers import Origin
from portal.domain.decisions import Decision, Reason
from portal.domain.invoices import Invoice, may_pay
from portal.domain.money import Money
from portal.domain.payments import Share
from portal.domain.rules import Rules

# What one charge pays at most, so that its receipt and its bookings stay in sight.
MOST_INVOICES = 100


@dataclass(frozen=True, slots=True)
class Asked:
    """An invoice, and what is to be paid of it."""

    invoice: Invoice
    amount: Money

    @property
    def share(self) -> Share:
        """Return what a payment gives to it."""
        return Share(self.invoice.origin, self.invoice.id, self.amount.amount)


def charges_of(shares: Sequence[Share]) -> tuple[tuple[Share, ...], ...]:
    """Return the shares of each charge, in the order they are made.

    Holded's invoices are one charge together. Each of Stripe's has an intent of its own, which can
    be confirmed with the same method and cannot be joined with another.
    """
    of_holded = tuple(share for share in shares if share.origin is Origin.HOLDED)
    of_stripe = tuple((share,) for share in shares if share.origin is Origin.STRIPE)
    return ((of_holded,) if of_holded else ()) + of_stripe


def may_press(asked: Sequence[Invoice], *, is_new: bool = False) -> Decision:
    """Say whether these invoices can be paid with one press; `is_new` is a method not saved yet.

    Of one currency, since a bank statement has no line of two; a new method is charged once, on
    Stripe's page, so it serves a set of one charge that is not of a Stripe invoice.
    """
    return Decision.of(
        None if asked else Reason.NOTHING_DUE,
        Reason.SET_TOO_LARGE if len(asked) > MOST_INVOICES else None,
        Reason.SEVERAL_CURRENCIES if len({one.currency for one in asked}) > 1 else None,
        Reason.NEEDS_SAVED_METHOD if is_new and _has_stripes(asked) else None,
    )


def may_charge(asked: Sequence[Asked], *, allows_part: bool = False) -> Decision:
    """Say whether one charge may pay these shares of invoices as they stand now.

    A sum is the whole of what is due unless `allows_part`; the least sum Stripe takes is asked of
    the charge, so that small invoices can be paid together.
    """
    found = [reason for one in asked for reason in _reasons(one, allows_part=allows_part)]
    total = sum(one.amount.amount for one in asked)
    is_chargeable = not asked or Money(total, asked[0].amount.currency).is_chargeable
    return Decision.of(*found, None if found or is_chargeable else Reason.AMOUNT_TOO_SMALL)


def may_pay_part(rules: Rules, invoices: Sequence[Invoice]) -> Decision:
    """Say whether less may be paid than invoices want.

    Stripe takes a part of one invoice that was sent or is a single one, not of what it collects by
    itself for a subscription (docs.stripe.com/invoicing/partial-payments).
    """
    is_collected = any(
        invoice.subscription and invoice.collection_method == "charge_automatically"
        for invoice in invoices
    )
    is_allowed = rules.part_payment and not is_collected
    return Decision.of(None if is_allowed else Reason.PART_NOT_ALLOWED)


def _reasons(one: Asked, *, allows_part: bool) -> list[Reason]:
    """Return what speaks against paying this much of one invoice."""
    found = [r for r in may_pay(one.invoice).reasons if r != Reason.AMOUNT_TOO_SMALL]
    is_whole = one.amount == one.invoice.due_money
    is_part = 0 < one.amount.amount < one.invoice.due
    is_right = is_whole or (allows_part and is_part)
    return list[Reason](found) or ([] if is_right else [Reason.AMOUNT_CHANGED])


def _has_stripes(invoices: Sequence[Invoice]) -> bool:
    return any(invoice.origin is Origin.STRIPE for invoice in invoices)
