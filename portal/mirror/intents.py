"""Payment intents and Checkout sessions, as far as our payments or invoices need them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import String, bindparam, select
from sqlalchemy.orm import Mapped, mapped_column

from portal.db import Reader, Unit
from portal.domain.customers import Origin
from portal.domain.merchants import Merchant
from portal.domain.payments import CheckoutSession, Intent
from portal.mirror import rows


class IntentRow(rows.MirroredRow):
    """One payment intent."""

    __tablename__ = "intents"

    state: Mapped[str] = mapped_column(String(30))


class CheckoutRow(rows.MirroredRow):
    """One Checkout session."""

    __tablename__ = "checkout_sessions"

    state: Mapped[str] = mapped_column(String(12))


_INTENT = select(IntentRow.snapshot).where(
    *rows.of_account(IntentRow), IntentRow.provider_id == bindparam("id")
)
_SESSION = select(CheckoutRow.snapshot).where(
    *rows.of_account(CheckoutRow), CheckoutRow.provider_id == bindparam("id")
)


def find(reader: Reader, merchant: Merchant, id: str) -> Intent | None:
    """Return an intent as last told, None if nothing was told of it yet."""
    row = reader.row(_INTENT, {**rows.account_values(merchant, Origin.STRIPE), "id": id})
    return None if row is None else rows.load(Intent, row.snapshot)


def find_session(reader: Reader, merchant: Merchant, id: str) -> CheckoutSession | None:
    """Return a Checkout session as last told, None if nothing was told of it yet."""
    row = reader.row(_SESSION, {**rows.account_values(merchant, Origin.STRIPE), "id": id})
    return None if row is None else rows.load(CheckoutSession, row.snapshot)


def save(unit: Unit, merchant: Merchant, intents: Sequence[tuple[Intent, datetime]]) -> None:
    """Write intents with the provider's time of each."""
    rows.save(
        unit,
        IntentRow,
        [
            {
                **rows.key_of(merchant, Origin.STRIPE, intent.id),
                "state": intent.state,
                "state_at": at,
                "snapshot": rows.dump(intent),
            }
            for intent, at in intents
        ],
    )


def save_sessions(
    unit: Unit, merchant: Merchant, sessions: Sequence[tuple[CheckoutSession, datetime]]
) -> None:
    """Write Checkout sessions with the provider's time of each."""
    rows.save(
        unit,
        CheckoutRow,
        [
            {
                **rows.key_of(merchant, Origin.STRIPE, session.id),
                "state": session.state,
                "state_at": at,
                "snapshot": rows.dump(session),
            }
            for session, at in sessions
        ],
    )
