"""Mandates: found for each bank debit, worded in full, and mailed as a copy when they are given.

The words are ours, after what the schemes ask of them: whom one authorises and to do what, for one
debit or many, what one is told beforehand, and how to get money back.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from urllib.parse import urljoin

from portal import i18n
from portal.context import MerchantContext, Visit
from portal.db import Unit
from portal.domain.customers import Origin
from portal.domain.errors import NotFound
from portal.domain.events import ObjectKind
from portal.domain.mandates import Mandate
from portal.domain.merchants import Merchant
from portal.domain.method_types import DEBITS
from portal.domain.payment_methods import PaymentMethod
from portal.gateways.snapshots import Snapshot
from portal.i18n import formats, gettext, ngettext
from portal.mirror import customers, payment_methods, refresh
from portal.mirror import mandates as mirror
from portal.services import mail
from portal.store import notices, outbox

GIVEN = "mandate"


@dataclass(frozen=True, slots=True)
class Words:
    """A mandate in words, in the language spoken now."""

    title: str
    paragraphs: tuple[str, ...]


# What L23 (facts/law.md) asks of SEPA, and what the other schemes ask of theirs.


def _sepa_debit(merchant: str) -> Words:
    return Words(
        gettext("SEPA Direct Debit mandate"),
        (
            gettext(
                "By giving this mandate you authorise %(merchant)s and Stripe, its payment service "
                "provider, to send instructions to your bank to debit your account, and your bank "
                "to debit your account in accordance with those instructions.",
                merchant=merchant,
            ),
            gettext(
                "As part of your rights you are entitled to a refund from your bank under the "
                "terms of your agreement with it. You must claim it within 8 weeks, starting from "
                "the day your account was debited. Your bank can give you a statement of these "
                "rights."
            ),
        ),
    )


def _bacs_debit(merchant: str) -> Words:
    return Words(
        gettext("Instruction to your bank to pay by Direct Debit"),
        (
            gettext(
                "You instruct your bank or building society to pay %(merchant)s by Direct Debit "
                "from this account, through Stripe, under the safeguards of the Direct Debit "
                "Guarantee.",
                merchant=merchant,
            ),
            gettext(
                "The Guarantee is given by every bank and building society that takes Direct "
                "Debits. If a sum, a day or how often you are debited changes, you are told "
                "beforehand. If %(merchant)s, Stripe or your bank makes a mistake, your bank gives "
                "the whole sum back at once. What you receive without being entitled to it, you "
                "pay back when you are asked to.",
                merchant=merchant,
            ),
            gettext(
                "You can cancel the Direct Debit at any time by telling your bank, which may want "
                "it in writing. Please tell %(merchant)s as well.",
                merchant=merchant,
            ),
        ),
    )


def _au_becs_debit(merchant: str) -> Words:
    return Words(
        gettext("Direct Debit Request"),
        (
            gettext(
                "You authorise %(merchant)s, through Stripe, to debit this account by the Bulk "
                "Electronic Clearing System for what you owe it.",
                merchant=merchant,
            ),
            gettext(
                "If you think that a debit was wrong, tell %(merchant)s, or your bank, which looks "
                "into it and gives back what you did not authorise.",
                merchant=merchant,
            ),
            gettext(
                "You can put off or stop a debit, or end this request, by telling %(merchant)s or "
                "your bank in good time. See to it that the account holds enough on the day; your "
                "bank may charge you if it does not.",
                merchant=merchant,
            ),
        ),
    )


def _acss_debit(merchant: str) -> Words:
    return Words(
        gettext("Pre-authorized debit agreement"),
        (
            gettext(
                "You authorise %(merchant)s, through Stripe, to debit this account by "
                "pre-authorized debit for what you owe it, when invoices and renewals fall due.",
                merchant=merchant,
            ),
            gettext(
                "You can end this agreement at any time by telling %(merchant)s 30 days ahead.",
                merchant=merchant,
            ),
            gettext(
                "You have rights of recourse if a debit does not comply with this agreement. For "
                "example, you are entitled to be paid back for one that you did not authorise. "
                "Your bank, or www.payments.ca, tells you more about these rights and about ending "
                "an agreement."
            ),
        ),
    )


def _us_bank_account(merchant: str) -> Words:
    return Words(
        gettext("ACH debit authorization"),
        (
            gettext(
                "You authorise %(merchant)s, through Stripe, to debit this account by ACH for what "
                "you owe it, when invoices and renewals fall due, and to put a mistaken debit "
                "right by a credit.",
                merchant=merchant,
            ),
            gettext(
                "The authorization holds until you withdraw it. Tell %(merchant)s at least 3 "
                "business days before the next debit; until then your bank can stop it as well.",
                merchant=merchant,
            ),
            gettext(
                "If you did not authorise a debit, tell your bank within 60 days of the statement "
                "that shows it, and it gives the sum back."
            ),
        ),
    )


def _nz_bank_account(merchant: str) -> Words:
    return Words(
        gettext("Authority to accept direct debits"),
        (
            gettext(
                "You authorise your bank to let %(merchant)s, through Stripe, debit this account "
                "for what you owe it, under the terms of your bank for direct debits.",
                merchant=merchant,
            ),
            gettext(
                "If a debit was not announced as agreed, or was of another sum or on another day, "
                "you can ask your bank to reverse it."
            ),
            gettext("You can cancel this authority at any time by telling your bank."),
        ),
    )


SCHEMES: dict[str, Callable[[str], Words]] = {
    "sepa_debit": _sepa_debit,
    "bacs_debit": _bacs_debit,
    "au_becs_debit": _au_becs_debit,
    "acss_debit": _acss_debit,
    "us_bank_account": _us_bank_account,
    "nz_bank_account": _nz_bank_account,
}


def words(mandate: Mandate, merchant: Merchant) -> Words:
    """Return what is agreed to with a mandate, in the language spoken now."""
    named = formats.isolate(mandate.creditor or merchant.name, i18n.current())
    of_scheme = SCHEMES[mandate.type](named)
    all_of_it = (*of_scheme.paragraphs, _how_often(mandate), beforehand(merchant))
    return replace(of_scheme, paragraphs=all_of_it)


def beforehand(merchant: Merchant) -> str:
    """Say how long before a debit its payer is told of it, as was agreed."""
    days = merchant.rules.prenotification_days
    if not days:
        return gettext("You are told the sum and the day of each debit before it is made.")
    return ngettext(
        "You agree to be told the sum and the day of each debit at least %(num)s day before it.",
        "You agree to be told the sum and the day of each debit at least %(num)s days before it.",
        days,
    )


def _how_often(mandate: Mandate) -> str:
    if mandate.is_single_use:
        return gettext("It is for one debit and ends with it.")
    return gettext("It is for recurring debits and holds until it is withdrawn.")


def get(visit: Visit, method: str) -> tuple[PaymentMethod, Mandate]:
    """Return a bank account of the customer with its mandate; raises NotFound without one."""
    found = payment_methods.get(visit, method)
    if found.mandate is None or found.mandate.type not in SCHEMES:
        raise NotFound(f"mandate of {method}")
    return found, found.mandate


def is_mailed(visit: Visit, mandate: Mandate) -> bool:
    """Say whether a copy of a mandate went out when it was given."""
    return notices.is_told(visit.db, visit.merchant.id, GIVEN, mandate.id)


def follow(unit: Unit, at: MerchantContext, told: Sequence[Snapshot]) -> None:
    """Look for the mandate of a new bank account, and have a copy of a new mandate mailed."""
    for snapshot in told:
        if isinstance(snapshot, PaymentMethod):
            _follow_method(unit, at, snapshot)
        elif isinstance(snapshot, Mandate):
            _follow_mandate(unit, at, snapshot)


def _follow_method(unit: Unit, at: MerchantContext, method: PaymentMethod) -> None:
    if method.type in DEBITS and not method.is_detached:
        seek(unit, at, method.id, method.customer)


def seek(unit: Unit, at: MerchantContext, method: str, customer: str) -> None:
    """Have the mandate of a bank account found (job); `customer` is Stripe's."""
    outbox.add_once(
        unit,
        "find_mandate",
        method,
        merchant_id=at.merchant.id,
        now=at.now,
        method=method,
        customer=customer,
    )


def _follow_mandate(unit: Unit, at: MerchantContext, mandate: Mandate) -> None:
    is_due = not mandate.is_over and mandate.is_fresh(at.now) and mandate.type in SCHEMES
    if is_due and notices.add_once(unit, at.merchant.id, GIVEN, mandate.id, now=at.now):
        outbox.add_once(
            unit,
            "mail_mandate",
            mandate.id,
            merchant_id=at.merchant.id,
            now=at.now,
            mandate=mandate.id,
        )


def find(at: MerchantContext, method: str, customer: str) -> None:
    """Find the mandate of a bank account where nothing has told of it (job)."""
    held = payment_methods.find_owned(at.db, at.merchant, method)
    if held is not None and held.method.mandate is not None:
        return
    id = at.payments.find_mandate(method, customer)
    if id:
        refresh.read(
            at,
            Origin.STRIPE,
            ObjectKind.MANDATE,
            id,
            lambda unit, snapshot: follow(unit, at, [snapshot]),
        )


def mail_copy(at: MerchantContext, mandate: str) -> None:
    """Mail a copy of a mandate to whom it binds, in that person's language (job)."""
    given = mirror.find(at.db, at.merchant, mandate)
    if given is None:
        return
    held = payment_methods.find_owned(at.db, at.merchant, given.method)
    if held is None:
        # Its setup is told before its method: the two come in any order.
        refresh.read(at, Origin.STRIPE, ObjectKind.PAYMENT_METHOD, given.method)
        held = payment_methods.find_owned(at.db, at.merchant, given.method)
    card = customers.find_card(at.db, at.merchant, held.customer_id) if held else None
    if held is None or card is None or not card.address:
        return
    mail.send(
        at,
        "mandate",
        to=card.address,
        locale=card.language_or(at.merchant.locale),
        message_id=f"mandate-{mandate}",
        customer_name=card.name,
        mandate=given,
        method=held.method,
        agreed=_agreed(given, at.merchant),
        link=urljoin(at.settings.public_url, address_of(at.merchant, given.method)),
    )


def address_of(merchant: Merchant, method: str) -> str:
    """Return the path of the page that shows a mandate in full."""
    return f"/{merchant.slug}/payment-methods/{method}/mandate"


def _agreed(mandate: Mandate, merchant: Merchant) -> Callable[[], Words]:
    """Return the words of a mandate, to be said in the language of whoever reads them."""
    return partial(words, mandate, merchant)
