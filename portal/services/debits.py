"""Bank debits and slips: their payer is told before each debit, and why when one comes back.

A renewal is told of as long beforehand as was agreed. Any other debit is told of when it is begun:
it leaves the account days later.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urljoin

from sqlalchemy import select

from portal.context import MerchantContext
from portal.db import Unit
from portal.domain.customers import Origin
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice
from portal.domain.method_types import DEBITS
from portal.domain.money import Money
from portal.domain.payment_methods import Failure, PaymentMethod
from portal.domain.payments import Intent, IntentState, PaymentState
from portal.domain.subscriptions import Subscription
from portal.mirror import customers, invoices, payment_methods, refresh, subscriptions
from portal.mirror import mandates as mandate_rows
from portal.services import declines, mail, receipts
from portal.store import notices, outbox
from portal.store.payments import PaymentRow

BEGUN, AHEAD, CAME_BACK = "debit_begun", "renewal_ahead", "debit_failed"
SLIP, RAN_OUT = "slip", "slip_ran_out"
# The look of the day may come up to a day after the first moment it is time to tell.
SLACK = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class About:
    """What an intent is to pay: whose invoices, by id and number, and how much of each.

    `receipt` is the number of what was written of a payment made here, None where there is none.
    """

    customer_id: int
    shares: tuple[tuple[str, str, Money], ...]
    invoice: Invoice | None = None
    receipt: int | None = None

    @property
    def rows(self) -> list[tuple[str, Money]]:
        """Return the numbers of the invoices with what each is given."""
        return [(number, amount) for _, number, amount in self.shares]


def follow(unit: Unit, at: MerchantContext, intent: Intent) -> None:
    """Let what follows from the state of a debit or slip happen: it is told of, once, and an
    account is marked, or no longer marked."""
    if intent.has_slip or intent.slip_ran_out:
        _follow_slip(unit, at, intent)
    elif intent.state is IntentState.PROCESSING:
        _follow_begun(unit, at, intent)
    elif intent.state is IntentState.SUCCEEDED and intent.payment_method:
        payment_methods.note_failure(unit, at.merchant, intent.payment_method, None)
    elif intent.failed_charge and intent.failed_type in DEBITS:
        _follow_failed(unit, at, intent)


def _follow_slip(unit: Unit, at: MerchantContext, intent: Intent) -> None:
    """Have a slip mailed when it is made, and its end when it ran out.

    An intent that is without its slip no longer tells the number; what was told last does.
    """
    if intent.has_slip:
        number = intent.voucher_number
        if notices.add_once(unit, at.merchant.id, SLIP, f"{intent.id}:{number}", now=at.now):
            _queue(unit, at, "mail_slip", f"{intent.id}:{number}", intent=intent.id, number=number)
        return
    last = notices.last_of(unit, at.merchant.id, SLIP, f"{intent.id}:")
    if last and notices.add_once(unit, at.merchant.id, RAN_OUT, last, now=at.now):
        number = last.partition(":")[2]
        _queue(unit, at, "mail_slip_ran_out", last, intent=intent.id, number=number)


def _follow_begun(unit: Unit, at: MerchantContext, intent: Intent) -> None:
    subject = intent.charge or intent.id
    if notices.add_once(unit, at.merchant.id, BEGUN, subject, now=at.now):
        _queue(unit, at, "mail_debit", subject, intent=intent.id)


def _follow_failed(unit: Unit, at: MerchantContext, intent: Intent) -> None:
    """Mark the account, and have the failure told where no payment of ours tells it."""
    charge = intent.failed_charge
    if not notices.add_once(unit, at.merchant.id, CAME_BACK, charge, now=at.now):
        return
    code = intent.decline_code or intent.error_code
    failure = Failure(code, at.now)
    payment_methods.note_failure(unit, at.merchant, intent.failed_method, failure)
    if not _is_ours(unit, at, intent.id):
        _queue(unit, at, "mail_debit_failed", charge, intent=intent.id, code=code)


def _is_ours(unit: Unit, at: MerchantContext, intent: str) -> bool:
    """Whether a payment of ours is under way with an intent; its own failure is mailed then."""
    return (
        unit.row(
            select(PaymentRow.id).where(
                PaymentRow.merchant_id == at.merchant.id,
                PaymentRow.account == at.merchant.stripe_account,
                PaymentRow.livemode == at.merchant.livemode,
                PaymentRow.intent == intent,
                PaymentRow.state == PaymentState.PROCESSING,
            )
        )
        is not None
    )


def follow_renewals(unit: Unit, at: MerchantContext, held: Sequence[Subscription]) -> None:
    """Have the payers of renewals that are near told of the debit (job)."""
    for subscription in held:
        day = subscription.renews_at
        lead = timedelta(days=at.merchant.rules.prenotification_days) + SLACK
        if day is None or not timedelta() < day - at.now <= lead:
            continue
        key = key_of(subscription.id, day.date())
        if not notices.is_told(unit, at.merchant.id, AHEAD, key):
            _queue(unit, at, "foretell_renewal", key, subscription=subscription.id)


def key_of(subscription: str, day: date) -> str:
    """Name the invoice a subscription makes on a day (UTC), before it has an id."""
    return f"{subscription}:{day.isoformat()}"


def foretell(at: MerchantContext, subscription: str) -> None:
    """Read what the next renewal will be, if an account is debited for it, and tell it (job)."""
    owned = subscriptions.find_owned(at.db, at.merchant, subscription)
    day = owned.subscription.renews_at if owned else None
    if owned is None or day is None or day <= at.now:
        return
    wallet = payment_methods.wallet_of(at.db, at.merchant, owned.customer_id)
    method = wallet.charged_by(owned.subscription)
    if method is None or method.type not in DEBITS:
        return
    sum_ = Money(at.payments.preview_next(subscription).due, owned.subscription.currency)
    key = key_of(subscription, day.date())
    with at.db.write() as unit:
        if sum_.is_positive and notices.add_once(unit, at.merchant.id, AHEAD, key, now=at.now):
            _queue(
                unit,
                at,
                "mail_renewal",
                key,
                subscription=subscription,
                method=method.id,
                amount=sum_.amount,
                currency=sum_.currency,
                day=at.merchant.day_of(day).isoformat(),
            )


def mail_renewal(
    at: MerchantContext, subscription: str, method: str, amount: int, currency: str, day: str
) -> None:
    """Tell a customer of the debit for a renewal, as long beforehand as was agreed (job)."""
    owned = payment_methods.find_owned(at.db, at.merchant, method)
    if owned is not None:
        _tell_debit(
            at,
            owned,
            message_id=f"debit-{subscription}-{day}",
            amount=Money(amount, currency),
            day=date.fromisoformat(day),
            invoices=[],
            path=f"subscriptions/{subscription}",
        )


def mail_begun(at: MerchantContext, intent: str) -> None:
    """Tell a customer of a debit that was begun, unless its renewal was told of before (job)."""
    told = at.payments.fetch(ObjectKind.PAYMENT_INTENT, intent).snapshot
    if not isinstance(told, Intent) or told.state is not IntentState.PROCESSING:
        return
    about = find_about(at, told) if told.method_type in DEBITS else None
    if about is None or _was_foretold(at, about.invoice):
        return
    owned = payment_methods.find_owned(at.db, at.merchant, told.payment_method)
    if owned is None:
        # One that is not kept is named by its kind alone.
        bare = PaymentMethod(told.payment_method, told.customer, told.method_type)
        owned = payment_methods.Owned(about.customer_id, bare)
    _tell_debit(
        at,
        owned,
        message_id=f"debit-{told.charge or told.id}",
        amount=Money(told.amount, told.currency),
        day=told.debit_on,
        invoices=about.rows,
        path=f"invoices/{about.shares[0][0]}",
        mandate=told.mandate,
        receipt=about.receipt,
    )


def _was_foretold(at: MerchantContext, invoice: Invoice | None) -> bool:
    if invoice is None or not invoice.subscription or invoice.created_at is None:
        return False
    key = key_of(invoice.subscription, invoice.created_at.date())
    return notices.is_told(at.db, at.merchant.id, AHEAD, key)


def _tell_debit(
    at: MerchantContext,
    owned: payment_methods.Owned,
    *,
    message_id: str,
    amount: Money,
    day: date | None,
    invoices: list[tuple[str, Money]],
    path: str,
    mandate: str = "",
    receipt: int | None = None,
) -> None:
    card = customers.find_card(at.db, at.merchant, owned.customer_id)
    if card is None or not card.address:
        return
    given = mandate_rows.find(at.db, at.merchant, mandate) if mandate else None
    locale = card.language_or(at.merchant.locale)
    papers = [receipts.attachment_of(at, owned.customer_id, receipt, locale)] if receipt else []
    mail.send(
        at,
        "debit",
        to=card.address,
        locale=locale,
        message_id=message_id,
        attachments=tuple(papers),
        receipt=receipt,
        amount=amount,
        day=day,
        invoices=invoices,
        method=owned.method,
        mandate=given or owned.method.mandate,
        link=urljoin(at.settings.public_url, f"/{at.merchant.slug}/{path}"),
    )


def mail_failed(at: MerchantContext, intent: str, code: str) -> None:
    """Tell a customer that a debit which Stripe made by itself came back, and why (job)."""
    told = at.payments.fetch(ObjectKind.PAYMENT_INTENT, intent).snapshot
    about = find_about(at, told) if isinstance(told, Intent) else None
    card = customers.find_card(at.db, at.merchant, about.customer_id) if about else None
    if about is None or card is None or not card.address:
        return
    mail.send(
        at,
        "payment_failed",
        to=card.address,
        locale=card.language_or(at.merchant.locale),
        message_id=f"failure-{getattr(told, 'failed_charge', '') or intent}",
        customer_name=card.name,
        amount=Money(
            sum(amount.amount for *_, amount in about.shares), about.shares[0][2].currency
        ),
        why=declines.of_decline(code).happened,
        receipt=about.receipt,
        invoices=about.rows,
        link=urljoin(at.settings.public_url, f"/{at.merchant.slug}/invoices/{about.shares[0][0]}"),
    )


def find_about(at: MerchantContext, intent: Intent) -> About | None:
    """Return what an intent is to pay: a payment of ours, else the Stripe invoice it is of."""
    found = _about_payment(at, intent) or _about_invoice(at, intent)
    if found is not None:
        return found
    invoice = at.payments.find_invoice(intent.id)
    if not invoice:
        return None
    refresh.read(at, Origin.STRIPE, ObjectKind.INVOICE, invoice)
    return _about_invoice(at, intent)


def _about_payment(at: MerchantContext, intent: Intent) -> About | None:
    with at.db.session() as reader:
        row = reader.get(PaymentRow, intent.payment) if intent.payment else None
        if row is None or row.merchant_id != at.merchant.id:
            return None
        numbers = invoices.numbers(reader, at.merchant, [share.invoice for share in row.shares])
        shares = tuple(
            (share.invoice, numbers.get(share.invoice, ""), Money(share.amount, row.currency))
            for share in row.shares
        )
        return About(row.customer_id, shares, receipt=row.receipt)


def _about_invoice(at: MerchantContext, intent: Intent) -> About | None:
    owned = invoices.find_by_intent(at.db, at.merchant, intent.id)
    if owned is None:
        return None
    sum_ = Money(intent.amount, intent.currency)
    share = (owned.invoice.id, owned.invoice.number, sum_)
    return About(owned.customer_id, (share,), owned.invoice)


def _queue(unit: Unit, at: MerchantContext, job: str, key: str, **arguments: str | int) -> None:
    outbox.add_once(unit, job, key, merchant_id=at.merchant.id, now=at.now, **arguments)
