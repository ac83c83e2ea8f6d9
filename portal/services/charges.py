"""The charges a receipt names: what the bank statement shows of one press, and how each stands."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, bindparam, or_, select

from portal import i18n
from portal.db import Reader
from portal.domain.merchants import Merchant
from portal.domain.money import Money
from portal.domain.payments import PaymentState
from portal.i18n import formats, gettext, lazy_gettext
from portal.store.payments import PaymentRow

ON_ITS_WAY = lazy_gettext("On its way, it counts when the bank has paid")
CHECKING = lazy_gettext("We are checking")
NOT_PAID = lazy_gettext("Not paid")
SETTLED = lazy_gettext("Settled")
# A receipt is written when money has come; what a later look finds otherwise is said.
STANDS: dict[PaymentState, str] = {
    PaymentState.MADE: CHECKING,
    PaymentState.AT_CHECKOUT: ON_ITS_WAY,
    PaymentState.NEEDS_BANK: ON_ITS_WAY,
    PaymentState.PROCESSING: ON_ITS_WAY,
    PaymentState.UNKNOWN: CHECKING,
    PaymentState.SUCCEEDED: SETTLED,
    PaymentState.BOOKED: SETTLED,
    PaymentState.FAILED: NOT_PAID,
    PaymentState.CANCELED: NOT_PAID,
}
OF_PAYMENTS = frozenset({"paid"})

_STATES = select(PaymentRow.id, PaymentRow.intent, PaymentRow.state).where(
    PaymentRow.merchant_id == bindparam("merchant"),
    PaymentRow.livemode == bindparam("livemode"),
    PaymentRow.customer_id == bindparam("customer"),
    or_(
        PaymentRow.id == bindparam("payment"),
        PaymentRow.intent.in_(bindparam("intents", expanding=True)),
    ),
)


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of the bank statement: its sum, the invoices it is for, and how it stands.

    `stands` is translated when it is shown.
    """

    amount: Money
    invoices: tuple[str, ...]
    stands: str


def list_of(reader: Reader, merchant: Merchant, action: Row[Any]) -> list[Charge]:
    """Return the charges of a payment's receipt, none for any other action; one statement."""
    if action.verb not in OF_PAYMENTS:
        return []
    told = _told(action.details)
    values = {
        "merchant": merchant.id,
        "livemode": merchant.livemode,
        "customer": action.customer_id,
        "payment": action.subject,
        "intents": [charge["intent"] for charge in told if charge.get("intent")] or [""],
    }
    found = reader.rows(_STATES, values)
    states = {row.intent: row.state for row in found} | {row.id: row.state for row in found}
    return [_charge(charge, action, states) for charge in told]


def rows_of(charges: list[Charge]) -> list[tuple[str, str]]:
    """Say how a payment stands: in one row, or in one for each line of the bank statement."""
    if len(charges) == 1:
        return [(gettext("Status"), str(charges[0].stands))]
    return [
        (
            gettext("Charge %(number)s of %(count)s", number=number, count=len(charges)),
            " · ".join((formats.money(charge.amount, i18n.current()), *_named(charge))),
        )
        for number, charge in enumerate(charges, 1)
    ]


def _named(charge: Charge) -> tuple[str, ...]:
    numbers = [formats.left_to_right(number, i18n.current()) for number in charge.invoices]
    return *filter(None, [", ".join(numbers)]), str(charge.stands)


def _told(details: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return {intent, amount, invoices} of each charge; a receipt with no list of them has one."""
    return details.get("charges") or ([{**details, "intent": ""}] if "amount" in details else [])


def _charge(
    charge: Mapping[str, Any], action: Row[Any], states: Mapping[str, PaymentState]
) -> Charge:
    state, shares = states.get(charge["intent"] or action.subject), charge.get("invoices") or []
    otherwise = ON_ITS_WAY if charge.get("is_pending") else SETTLED
    return Charge(
        amount=Money(int(charge["amount"]), action.details["currency"]),
        invoices=tuple(filter(None, (str(share.get("number") or "") for share in shares))),
        stands=otherwise if state is None else STANDS[PaymentState(state)],
    )
