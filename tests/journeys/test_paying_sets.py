"""Paying several invoices of both origins with one press, as the merchant's books see it."""

import datetime
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import httpx

from tests.journeys.demo import Demo, wait_for
from tests.journeys.person import Person, link_of

EMAIL = "compres@tallercadaques.example"


class Newcomer:
    """A customer whom the merchant makes and bills by the two APIs, at their real addresses."""

    def __init__(self, demo: Demo, card: str) -> None:
        self.demo = demo
        merchant = demo.told["merchants"][0]
        self.slug = str(merchant["slug"])
        self.token, self.key = merchant["holded_token"], merchant["stripe_secret_key"]
        person = {"name": "Taller Cadaqués SL", "email": EMAIL}
        self.contact = self._holded("contacts", {**person, "type": "client"})["id"]
        tied = {"metadata[holded_contact_id]": self.contact}
        self.customer = self._stripe("customers", {**person, **tied})["id"]
        self._stripe(f"payment_methods/{card}/attach", {"customer": self.customer})

    def bill_by_holded(self, price: str) -> str:
        """Have Holded issue an invoice and return its id."""
        day = datetime.datetime.now(datetime.UTC).date().isoformat()
        item = {"name": "Feina", "units": 1, "price": price}
        body = {"contact_id": self.contact, "date": day, "items": [item]}
        id = str(self._holded("invoices", body)["id"])
        self._holded(f"invoices/{id}/approve", {})
        return id

    def bill_by_stripe(self, amount: int) -> str:
        """Have Stripe send an invoice and return its id."""
        mine = {"customer": self.customer}
        how = {**mine, "collection_method": "send_invoice", "days_until_due": "14"}
        id = str(self._stripe("invoices", how)["id"])
        item = {**mine, "invoice": id, "amount": str(amount), "currency": "eur"}
        self._stripe("invoiceitems", item)
        self._stripe(f"invoices/{id}/finalize", {})
        return id

    def charges(self) -> list[int]:
        """Return the sums that were taken from this customer."""
        taken = self.demo.ledger("stripe")
        mine = [row for row in taken if row["customer"] == self.customer]
        return sorted(row["amount"] for row in mine if row["status"] == "succeeded")

    def bookings(self, invoices: list[str]) -> list[str]:
        """Return the sums booked on these invoices."""
        found = [row for row in self.demo.ledger("holded") if row["invoice"] in invoices]
        return sorted(row["amount"] for row in found)

    def _holded(self, path: str, body: dict[str, Any]) -> Any:
        address = f"{self.demo.told['holded_sandbox']}/api/v2/{path}"
        answer = httpx.post(address, json=body, headers={"Authorization": f"Bearer {self.token}"})
        answer.raise_for_status()
        return answer.json() if answer.content else {}

    def _stripe(self, path: str, fields: dict[str, str]) -> Any:
        address = f"{self.demo.told['stripe_sandbox']}/v1/{path}"
        answer = httpx.post(address, data=fields, auth=(self.key, ""))
        answer.raise_for_status()
        return answer.json()


def test_invoices_of_both_origins_are_ticked_and_paid_with_one_press(
    demo: Demo, person: Callable[..., Person]
) -> None:
    newcomer = Newcomer(demo, "pm_card_visa")
    of_holded = [newcomer.bill_by_holded("100.00"), newcomer.bill_by_holded("50.00")]
    newcomer.bill_by_stripe(2500)
    someone = wait_for(lambda: _sign_in(person(scripts=False), newcomer), "the new customer")
    wait_for(lambda: _boxes(someone, newcomer) == 3 or None, "three invoices to tick")

    someone.press("Pay the ticked invoices")
    someone.sees("Your bank statement will show 2 charges")
    someone.press(re.compile("^Pay €"))
    someone.page.wait_for_url(re.compile("/payments/"))
    someone.sees("All paid or on their way")

    wait_for(lambda: len(newcomer.bookings(of_holded)) == 2 or None, "both bookings")
    assert newcomer.charges() == [2500, 15000]
    assert newcomer.bookings(of_holded) == ["100.00", "50.00"]
    receipts = wait_for(lambda: _receipts(demo) or None, "the receipt")
    assert len(receipts) == 1


def _sign_in(someone: Person, newcomer: Newcomer) -> Person | None:
    """Sign in by a mail; none comes until the portal has heard of the customer."""
    someone.open(f"/{newcomer.slug}/login?locale=en")
    someone.page.locator("input[name=email]").fill(EMAIL)
    someone.page.locator("form:has(input[name=email]) button").first.click()
    with suppress(TimeoutError):
        mail = wait_for(lambda: newcomer.demo.mails(EMAIL) or None, "a mail", 6)[-1]
        someone.page.goto(link_of(mail, "/l/"))
        someone.press(re.compile("Sign in"))
        someone.page.wait_for_url(lambda url: "/l/" not in url)
        return someone
    return None


def _boxes(someone: Person, newcomer: Newcomer) -> int:
    someone.open(f"/{newcomer.slug}/invoices?show=open")
    return someone.page.locator("input[name=invoice]").count()


def _receipts(demo: Demo) -> list[dict[str, Any]]:
    return [mail for mail in demo.mails(EMAIL) if "175,00" in mail["text"]]
