"""The charges a receipt names: what the bank statement shows of one press, and how each stands."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from sqlalchemy import Row, bindparam, or_, select

from portal import i18n
from portal.db import Reader
from portal.domain.merchants import Merchant
from portal.domain.money import Money
from portal.domain.payments import PaymentState
from portal.i18n import formats, gettext, lazy_gettext
from portal.store.actions import ActionRow
from portal.store.payments import PaymentRow


class Stand(Enum):
    """How a charge stands: pending, settled, or come to nothing."""

    ON_ITS_WAY = auto()
    CHECKING = auto()
    SETTLED = auto()
    NOT_PAID = auto()


WORDS: dict[Stand, str] = {
    Stand.ON_ITS_WAY: lazy_gettext("On its way, it counts when the bank has paid"),
    Stand.CHECKING: lazy_gettext("We are checking"),
    Stand.SETTLED: lazy_gettext("Settled"),
    Stand.NOT_PAID: lazy_gettext("Not paid"),
}
STANDS: dict[PaymentState, Stand] = {
    PaymentState.MADE: Stand.CHECKING,
    PaymentState.AT_CHECKOUT: Stand.ON_ITS_WAY,
    PaymentState.NEEDS_BANK: Stand.ON_ITS_WAY,
    PaymentState.PROCESSING: Stand.ON_ITS_WAY,
    PaymentState.UNKNOWN: Stand.CHECKING,
    PaymentState.SUCCEEDED: Stand.SETTLED,
    PaymentState.BOOKED: Stand.SETTLED,
    PaymentState.FAILED: Stand.NOT_PAID,
    PaymentState.CANCELED: Stand.NOT_PAID,
}
PENDING = lazy_gettext("Payment on its way")
LOST = lazy_gettext("Payment that did not go through")
OF_PAYMENTS = frozenset({"paid"})

_STATES = select(PaymentRow.id, PaymentRow.intent, PaymentRow.state).where(
    PaymentRow.merchant_id == bindparam("merchant"),
    PaymentRow.livemode == bindparam("livemode"),
    PaymentRow.customer_id == bindparam("customer"),
    or_(
        PaymentRow.id.in_(bindparam("payments", expanding=True)),
        PaymentRow.intent.in_(bindparam("intents", expanding=True)),
    ),
)


@dataclass(frozen=True, slots=True)
class Charge:
    """One line of the bank statement: its sum, the invoices it is for, and how it stands."""

    amount: Money
    invoices: tuple[str, ...]
    stand: Stand


def list_of(reader: Reader, merchant: Merchant, action: Row[Any]) -> list[Charge]:
    """Return the charges of a payment's receipt, none for any other action; one statement."""
    return list_of_all(reader, merchant, [action]).get(action.number, [])


def list_of_all(
    reader: Reader, merchant: Merchant, listed: Sequence[Row[Any]]
) -> dict[int, list[Charge]]:
    """Return the charges of each payment's receipt by its number; one statement.

    All receipts are of one customer.
    """
    found = [action for action in listed if action.verb in OF_PAYMENTS]
    if not found:
        return {}
    intents = [charge["intent"] for action in found for charge in _told(action.details)]
    values = {
        "merchant": merchant.id,
        "livemode": merchant.livemode,
        "customer": found[0].customer_id,
        "payments": [action.subject for action in found],
        "intents": [intent for intent in intents if intent] or [""],
    }
    rows = reader.rows(_STATES, values)
    states = {row.intent: row.state for row in rows} | {row.id: row.state for row in rows}
    return {
        action.number: [_charge(charge, action, states) for charge in _told(action.details)]
        for action in found
    }


def is_pending_in(action: Row[Any] | ActionRow, intent: str) -> bool:
    """Whether a receipt, as it was written, named the charge of an intent as on its way."""
    return any(
        charge.get("is_pending") and charge["intent"] in {intent, ""}
        for charge in _told(action.details)
    )


def seal_of(charges: Sequence[Charge]) -> tuple[str, str]:
    """Return the tone and the sign of a receipt: `ok`, waiting, or `bad`."""
    stands = {charge.stand for charge in charges}
    if stands & {Stand.ON_ITS_WAY, Stand.CHECKING}:
        return "", "clock"
    return ("bad", "alert") if stands == {Stand.NOT_PAID} else ("ok", "ok")


def title_of(title: str, charges: Sequence[Charge]) -> str:
    """Return what a receipt is called as it stands now; `title` is what it is called otherwise."""
    tone, _sign = seal_of(charges)
    return {"ok": title, "": str(PENDING), "bad": str(LOST)}[tone]


def rows_of(charges: list[Charge]) -> list[tuple[str, str]]:
    """Say how a payment stands: in one row, or in one for each line of the bank statement."""
    if len(charges) == 1:
        return [(gettext("Status"), str(WORDS[charges[0].stand]))]
    return [
        (
            gettext("Charge %(number)s of %(count)s", number=number, count=len(charges)),
            " · ".join((formats.money(charge.amount, i18n.current()), *_named(charge))),
        )
        for number, charge in enumerate(charges, 1)
    ]


def _named(charge: Charge) -> tuple[str, ...]:
    numbers = [formats.left_to_right(number, i18n.current()) for number in charge.invoices]
    return *filter(None, [", ".join(numbers)]), str(WORDS[charge.stand])


def _told(details: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Return {intent, amount, invoices} of each charge; a receipt with no list of them has one."""
    return details.get("charges") or ([{**details, "intent": ""}] if "amount" in details else [])


def _charge(
    charge: Mapping[str, Any], action: Row[Any], states: Mapping[str, PaymentState]
) -> Charge:
    state, shares = states.get(charge["intent"] or action.subject), charge.get("invoices") or []
    otherwise = Stand.ON_ITS_WAY if charge.get("is_pending") else Stand.SETTLED
    return Charge(
        amount=Money(int(charge["amount"]), action.details["currency"]),
        invoices=tuple(filter(None, (str(share.get("number") or "") for share in shares))),
        stand=otherwise if state is None else STANDS[PaymentState(state)],
    )
