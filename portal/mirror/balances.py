"""What is open in each currency, and what Stripe holds as a customer's credit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Row, Select, String, and_, bindparam, case, func, select, true

from portal.context import Visit
from portal.db import flag
from portal.domain.customers import Origin, Profile
from portal.domain.invoices import UnderWay
from portal.domain.method_types import VOUCHERS
from portal.domain.money import Money
from portal.domain.payments import IntentState, PaymentState, under_way
from portal.mirror import rows
from portal.mirror.customers import ProfileRow
from portal.mirror.intents import IntentRow
from portal.mirror.sales import InvoiceRow
from portal.store.customers import CustomerRow
from portal.store.payments import PaymentRow, ShareRow


@dataclass(frozen=True, slots=True)
class Balance:
    """What is open in one currency: how much, how many, and since when.

    What a payment is bringing already is not due; `on_its_way` is its sum. `first` is the id of an
    invoice that is due (the only one where `count` is 1); `at_bank` and `slip` name a payment that
    waits for the customer at the bank, or with a slip. All three may be empty.
    """

    due: Money
    count: int
    overdue: int
    oldest_due_on: date | None
    on_its_way: Money
    first: str = ""
    at_bank: str = ""
    slip: str = ""


@dataclass(frozen=True, slots=True)
class Summary:
    """What is open by currency, and the customer's balance at Stripe.

    `credit` is below zero where the customer is owed money, and above where money is owed by them;
    None where the balance is even or Stripe does not know the customer.
    """

    balances: tuple[Balance, ...]
    credit: Money | None


# What Stripe collects by itself is under way as well; its intent says so in the same word.
PAYMENT_STATE = func.coalesce(PaymentRow.state, IntentRow.state)
# A matched pair is paid through its Stripe half as long as that one is open.
_IS_VIA_STRIPE = InvoiceRow.via != ""
_OF_LIVE_SHARE = and_(
    ShareRow.merchant_id == InvoiceRow.merchant_id,
    ShareRow.livemode == InvoiceRow.livemode,
    ShareRow.origin == case((_IS_VIA_STRIPE, Origin.STRIPE), else_=InvoiceRow.origin),
    ShareRow.account
    == case((_IS_VIA_STRIPE, bindparam("stripe_account", type_=String)), else_=InvoiceRow.account),
    ShareRow.invoice == case((_IS_VIA_STRIPE, InvoiceRow.via), else_=InvoiceRow.provider_id),
    flag(ShareRow.is_live),
)
OF_DEBIT = and_(
    IntentRow.merchant_id == InvoiceRow.merchant_id,
    IntentRow.livemode == InvoiceRow.livemode,
    IntentRow.account == bindparam("stripe_account", type_=String),
    IntentRow.provider_id == InvoiceRow.intent,
    IntentRow.state == IntentState.PROCESSING,
)


def with_payment(*columns: Any) -> Select[Any]:
    """Select columns of a customer's invoices, with the payment under way for each beside them."""
    return (
        select(*columns)
        .select_from(InvoiceRow)
        .outerjoin(ShareRow, _OF_LIVE_SHARE)
        .outerjoin(PaymentRow, PaymentRow.id == ShareRow.payment_id)
        .outerjoin(IntentRow, OF_DEBIT)
        .where(
            InvoiceRow.customer_id == bindparam("customer"),
            InvoiceRow.merchant_id == bindparam("merchant"),
            InvoiceRow.livemode == bindparam("livemode"),
        )
    )


_ON_ITS_WAY = PAYMENT_STATE.in_(
    [
        state
        for state, made in ((state, under_way(state)) for state in PaymentState)
        if made in {UnderWay.PROCESSING, UnderWay.BOOKING, UnderWay.CHECKING}
    ]
)
_NEEDS_BANK = PaymentRow.state == PaymentState.NEEDS_BANK
_IS_SLIP = PaymentRow.method_type.in_(VOUCHERS)
SUMS = (
    with_payment(
        InvoiceRow.currency,
        func.sum(case((_ON_ITS_WAY, 0), else_=InvoiceRow.due)).label("due"),
        func.sum(case((_ON_ITS_WAY, 0), else_=1)).label("number"),
        func.sum(
            case((_ON_ITS_WAY, 0), (InvoiceRow.due_key < bindparam("today"), 1), else_=0)
        ).label("overdue"),
        func.min(case((_ON_ITS_WAY, None), else_=InvoiceRow.due_key)).label("oldest"),
        func.sum(case((_ON_ITS_WAY, InvoiceRow.due), else_=0)).label("on_its_way"),
        func.min(case((_ON_ITS_WAY, None), else_=InvoiceRow.provider_id)).label("first"),
        func.min(case((_NEEDS_BANK & ~_IS_SLIP, PaymentRow.id))).label("at_bank"),
        func.min(case((_NEEDS_BANK & _IS_SLIP, PaymentRow.id))).label("slip"),
    )
    .where(
        flag(InvoiceRow.shown),
        flag(InvoiceRow.is_open),
        InvoiceRow.is_foreign.is_(False),
    )
    .group_by(InvoiceRow.currency)
)
_OPEN_SUMS = SUMS.order_by(InvoiceRow.currency)


def _summary() -> Select[Any]:
    """Join the sums of what is open with Stripe's profile, so that both are one statement."""
    sums = SUMS.subquery("sums")
    named = [column.label(f"sum_{column.name}") for column in sums.c]
    is_profile = and_(
        ProfileRow.merchant_id == CustomerRow.merchant_id,
        ProfileRow.livemode == CustomerRow.livemode,
        ProfileRow.customer_id == CustomerRow.id,
        ProfileRow.origin == Origin.STRIPE,
    )
    return (
        select(ProfileRow.snapshot, *named)
        .select_from(CustomerRow)
        .outerjoin(ProfileRow, is_profile)
        .outerjoin(sums, true())
        .where(
            CustomerRow.id == bindparam("customer"),
            CustomerRow.merchant_id == bindparam("merchant"),
            CustomerRow.livemode == bindparam("livemode"),
        )
        .order_by(sums.c.currency)
    )


_SUMMARY = _summary()


def whose(visit: Visit) -> dict[str, Any]:
    """Return the values every read of a customer's invoices starts with."""
    return {
        "merchant": visit.merchant.id,
        "livemode": visit.merchant.livemode,
        "customer": visit.customer.id,
        "stripe_account": visit.merchant.stripe_account,
    }


def list_open(visit: Visit) -> list[Balance]:
    """Return what is open, by currency; sums of foreign documents are not ours to add."""
    found = visit.db.rows(_OPEN_SUMS, {**whose(visit), "today": visit.today})
    return [balance_of(dict(row._mapping)) for row in found]


def asked_summary(visit: Visit) -> tuple[Select[Any], dict[str, Any]]:
    """Return what is asked for what is open by currency and the balance at Stripe."""
    return _SUMMARY, {**whose(visit), "today": visit.today}


def look(visit: Visit) -> Sequence[Row[Any]]:
    """Read what is open by currency and the balance at Stripe."""
    return visit.db.rows(*asked_summary(visit))


def summary_of(found: Sequence[Row[Any]]) -> Summary:
    """Return what `look` found."""
    snapshot = next((row.snapshot for row in found if row.snapshot), "")
    profile = rows.load(Profile, snapshot) if snapshot else None
    return Summary(tuple(summed(found)), credit_of(profile))


def summed(found: Sequence[Row[Any]]) -> list[Balance]:
    """Return the balances that rows name in their columns `sum_...`, each currency once."""
    by_currency = {
        row.sum_currency: {
            name.removeprefix("sum_"): value
            for name, value in row._mapping.items()
            if name.startswith("sum_")
        }
        for row in found
        if row.sum_currency
    }
    return [balance_of(values) for values in by_currency.values()]


def credit_of(profile: Profile | None) -> Money | None:
    """Return a customer's balance at Stripe, in the one currency it is kept in."""
    if profile is None or not profile.balance or not profile.currency:
        return None
    return Money(profile.balance, profile.currency)


def balance_of(row: Mapping[str, Any]) -> Balance:
    """Return the balance of one currency as it was summed up."""
    currency = row["currency"]
    return Balance(
        due=Money(int(row["due"]), currency),
        count=int(row["number"]),
        overdue=int(row["overdue"]),
        oldest_due_on=row["oldest"],
        on_its_way=Money(int(row["on_its_way"]), currency),
        first=row["first"] or "",
        at_bank=row["at_bank"] or "",
        slip=row["slip"] or "",
    )
