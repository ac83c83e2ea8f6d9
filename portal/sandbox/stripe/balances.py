"""The balance of the account: bookings of charges, refunds and disputes, with fees.

Fees are a rule of the sandbox, since Stripe's depend on a contract: `fee_percent` (1.5) and
`fee_fixed` (25 minor units) of the account's settings on each charge, `dispute_fee` (1500) on each
dispute. Money becomes available after `available_days` (2) days of the clock.
"""

from fractions import Fraction

from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.periods import DAY
from portal.sandbox.stripe.registry import renders
from portal.sandbox.stripe.unit import Unit


def fee_of(unit: Unit, amount: int) -> int:
    """The fee on a charge, in minor units, never more than the charge."""
    percent = Fraction(str(unit.setting("fee_percent", 1.5)))
    return min(round(amount * percent / 100) + int(unit.setting("fee_fixed", 25)), amount)


def book_charge(unit: Unit, charge: Json, *, at_once: bool = False) -> Json:
    """Books what was captured of a charge; `at_once`: the money is available immediately."""
    amount = charge["amount_captured"]
    kind = "payment" if charge["id"].startswith("py_") else "charge"
    wait = 0 if at_once else int(unit.setting("available_days", 2) * DAY)
    return _book(unit, charge, amount, fee_of(unit, amount), kind, "charge", wait)


def book_refund(unit: Unit, refund: Json) -> Json:
    """Books a refund against the charge's money; Stripe keeps the fee."""
    kind = "payment_refund" if str(refund["charge"]).startswith("py_") else "refund"
    text = refund["description"]
    return _book(unit, refund, -refund["amount"], 0, kind, "refund", _wait(unit, refund), text)


def book_failed_refund(unit: Unit, refund: Json) -> Json:
    """Books the money of a refund that came back."""
    text = f"REFUND FAILURE ({refund['description'] or refund['id']})"
    kind, category = "refund_failure", "refund_failure"
    return _book(unit, refund, refund["amount"], 0, kind, category, _wait(unit, refund), text)


def book_dispute(unit: Unit, dispute: Json) -> Json:
    """Books the withdrawal of a disputed amount and the dispute fee."""
    text = f"Chargeback withdrawal for {dispute['charge']}"
    fee = int(unit.setting("dispute_fee", 1500))
    return _book(unit, dispute, -dispute["amount"], fee, "adjustment", "dispute", 0, text)


def book_won_dispute(unit: Unit, dispute: Json) -> Json:
    """Books the return of a disputed amount and of the fee (docs.stripe.com/testing#disputes)."""
    text = f"Chargeback reversal for {dispute['charge']}"
    fee = -int(unit.setting("dispute_fee", 1500))
    category = "dispute_reversal"
    return _book(unit, dispute, dispute["amount"], fee, "adjustment", category, 0, text)


def _wait(unit: Unit, refund: Json) -> int:
    """A refund of pending money is pending as long."""
    charge = unit.get("charge", refund["charge"])
    booked = unit.find("balance_transaction", charge["balance_transaction"] or "")
    return max(0, booked["available_on"] - unit.account_now) if booked else 0


def _book(
    unit: Unit,
    source: Json,
    amount: int,
    fee: int,
    kind: str,
    category: str,
    wait: int,
    text: str | None = None,
) -> Json:
    is_dispute = source["object"] == "dispute"
    detail = {
        "amount": fee,
        "application": None,
        "currency": source["currency"],
        "description": "Dispute fee" if is_dispute else "Stripe processing fees",
        "type": "stripe_fee",
    }
    return unit.put(
        {
            "id": unit.id("txn"),
            "object": "balance_transaction",
            "amount": amount,
            "available_on": unit.account_now + wait,
            "balance_type": "payments",
            "created": unit.account_now,
            "currency": source["currency"],
            "description": text if text is not None else source.get("description"),
            "exchange_rate": None,
            "fee": fee,
            "fee_details": [detail] if fee else [],
            "net": amount - fee,
            "reporting_category": category,
            "source": source["id"],
            "status": "pending",
            "type": kind,
            "_card": str(source.get("charge") or source["id"]).startswith("ch_"),
        }
    )


@renders("balance_transaction")
def show_status(unit: Unit, booked: Json) -> None:
    """Pending until the clock reaches `available_on`."""
    booked["status"] = "available" if booked["available_on"] <= unit.account_now else "pending"


SUMS = """
SELECT json_extract(body, '$.currency') AS currency, json_extract(body, '$._card') AS card,
    json_extract(body, '$.available_on') <= ? AS available, sum(json_extract(body, '$.net')) AS net
FROM objects WHERE account = ? AND kind = 'balance_transaction' AND deleted = 0
GROUP BY 1, 2, 3
"""


def totals(unit: Unit) -> Json:
    """The balance object: what is available and what is pending, by currency and source."""
    found: dict[str, dict[str, dict[str, int]]] = {"available": {}, "pending": {}}
    currencies = {unit.account["default_currency"]}
    for row in unit.store.rows(SUMS, unit.account_now, unit.account_id):
        currencies.add(row["currency"])
        side = found["available" if row["available"] else "pending"]
        source = "card" if row["card"] else "bank_account"
        side.setdefault(row["currency"], {})[source] = row["net"]
    return {
        "object": "balance",
        "livemode": False,
        **{
            side: [
                {
                    "amount": sum(sums.get(currency, {}).values()),
                    "currency": currency,
                    "source_types": {"card": 0, **sums.get(currency, {})},
                }
                for currency in sorted(currencies)
            ]
            for side, sums in found.items()
        },
    }
