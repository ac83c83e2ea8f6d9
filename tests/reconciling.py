"""A merchant's reconciliation as a test has it, and what providers are made to forget or change."""

from typing import Any

from portal.services import reconciliation
from tests.house import House
from tests.payer import Payer

STRIPE_FAULTS = "webhooks/faults"


def reconcile(house: House, *, repairs: bool = False, is_full: bool = False) -> list[str]:
    """Compare everything that is new and return the kinds of what differs."""
    reconciliation.begin(house.at, is_full=is_full, repairs=repairs)
    while reconciliation.step(house.at):
        pass
    return sorted(row.kind for row in reconciliation.list_found(house.at))


def sentences(house: House) -> str:
    """Return what is said of the differences."""
    return "\n".join(row.to_difference().sentence for row in reconciliation.list_found(house.at))


def deaf_to_stripe(house: House) -> None:
    """Lose every webhook of Stripe's from now on; Stripe believes that it was delivered."""
    house.control("stripe", STRIPE_FAULTS, kind="drop", times=10_000)


def deaf_to_holded(house: House) -> None:
    """Take down Holded's webhook, as a merchant may by mistake."""
    client = house.holded_app.test_client()
    for endpoint in client.get("/_sandbox/webhooks").get_json()["endpoints"]:
        client.delete(f"/_sandbox/webhooks/{endpoint['seq']}")


def wait_and_work(house: House, times: int = 6) -> None:
    """Let the back-off pass and the worker try again, some times."""
    for _ in range(times):
        house.pass_time(60)
        house.settle_down()


def paid(payer: Payer, price: str = "100.00") -> str:
    """Have an invoice paid and booked through the portal, and return its id."""
    invoice = payer.invoice(price)
    payer.pay(invoice, payer.card())
    payer.house.settle_down()
    return invoice


def entries(payer: Payer, invoice: str) -> list[dict[str, Any]]:
    """Return the payments that stand on an invoice in Holded."""
    listed = payer.house.holded.get(f"/invoices/{invoice}").raise_for_status().json()
    return list(listed["payments_detail"])


def intent_of(payer: Payer) -> str:
    """Return the intent of the last charge at Stripe."""
    taken = payer.house.stripe.v1.payment_intents.list({"limit": 1})
    return str(taken.data[0].id)
