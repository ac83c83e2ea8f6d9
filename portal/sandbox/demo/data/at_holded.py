"""Writes a merchant's beginnings into the Holded sandbox, through its API."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import httpx

from portal.sandbox.demo.data.history import History
from portal.sandbox.demo.data.words import Bill, Merchant, Person, Repeat

TRADES = {"ES": "España", "US": "United States", "BR": "Brasil"}
BANK = {"es": "Banco", "en": "Bank", "pt": "Banco"}
TRANSFER = {"es": "Transferencia", "en": "Transfer", "pt": "Transferência"}


@dataclass
class HoldedSide:
    """One merchant at Holded: its client, and the ids of what was made."""

    merchant: Merchant
    history: History
    client: httpx.Client
    contacts: dict[str, str] = field(default_factory=dict)
    ids: dict[str, str] = field(default_factory=dict)

    def plan(self) -> None:
        """Note everything on the history's agenda."""
        self.history.at(first_day(self.merchant), self.open_account)
        for person in self.merchant.people:
            if not person.at_holded:
                continue
            self.history.at(first_day(self.merchant), partial(self.add_contact, person))
            for bill in person.bills:
                self.history.at(bill.ago, partial(self.write, person, bill))
            for repeat in person.repeats:
                self.history.at(0, partial(self.repeat, person, repeat))

    def open_account(self) -> None:
        """Open the account, with a bank, a gateway for Stripe's money and a payment method."""
        merchant = self.merchant
        account = {
            "id": merchant.holded_account,
            "token": merchant.holded_token,
            "name": merchant.name,
            "legal_name": merchant.legal_name,
            "tax_id": merchant.tax_id,
            "address": merchant.address,
            "country": merchant.country,
            "currency": merchant.currency,
            "language": merchant.language,
            "colour": merchant.colour,
            "taxes": merchant.taxes,
        }
        self.post("/_sandbox/accounts", account)
        bank = {"name": BANK[merchant.language], "type": "bank"}
        self.ids["bank"] = self.post("/api/v2/treasury/accounts", bank)
        self.ids["gateway"] = self.post(
            "/api/v2/treasury/accounts", {"name": "Stripe", "type": "gateway"}
        )
        method = {"name": "Stripe", "dueDays": 30, "bankingAccountId": self.ids["gateway"]}
        self.ids["method"] = self.post("/api/v2/payment-methods", method)

    def add_contact(self, person: Person) -> None:
        street, city, code = person.address
        address = {
            "address": street,
            "city": city,
            "postal_code": code,
            "country": TRADES[self.merchant.country],
            "country_code": self.merchant.country,
        }
        body = {
            "name": person.name,
            "email": person.email,
            "phone": person.phone or None,
            "code": person.tax_id or None,
            "type": "client",
            "bill_address": address,
            "defaults": {
                "language": person.language or self.merchant.language,
                "payment_method": self.ids["method"],
                "due_days": 30,
            },
        }
        self.contacts[person.key] = self.post("/api/v2/contacts", body)

    def write(self, person: Person, bill: Bill) -> None:
        """Write a document, and note when it was paid or cancelled."""
        body: dict[str, Any] = {
            "contact_id": self.contacts[person.key],
            "date": self.history.day(bill.ago),
            "due_date": self.history.day(bill.ago - bill.due),
            "notes": bill.notes or None,
            "tags": list(bill.tags),
            "items": [
                {
                    "name": bill.line,
                    "units": bill.units,
                    "price": bill.price,
                    "taxes": [self.merchant.tax],
                }
            ],
        }
        path = f"/api/v2/{bill.kind}"
        id_ = self.post(path, body)
        if bill.state == "draft" or bill.kind == "estimates":  # those are never approved
            return
        self.post(f"{path}/{id_}/approve", None)
        if bill.state == "cancelled":
            self.history.at(bill.ago - 1, partial(self.cancel, f"{path}/{id_}/cancel"))
        if bill.paid:
            day = max(bill.ago - bill.paid_after, 0)
            self.history.at(day, partial(self.pay, f"{path}/{id_}/payments", bill, day))

    def repeat(self, person: Person, repeat: Repeat) -> None:
        """Write a recurring invoice whose first one is still to come."""
        item = {"name": repeat.line, "price": repeat.price, "taxes": [self.merchant.tax]}
        body = {
            "contact_id": self.contacts[person.key],
            "date": self.history.day(-repeat.days),
            "periodicity": repeat.rhythm,
            "convert_automatically": True,
            "due_days": 15,
            "tags": list(repeat.tags),
            "items": [item],
        }
        self.post("/api/v2/recurring-invoices", body)

    def pay(self, path: str, bill: Bill, ago: int) -> None:
        """Book what arrived by bank transfer."""
        body: dict[str, Any] = {
            "treasury_id": self.ids["bank"],
            "date": self.history.day(ago),
            "description": TRANSFER[self.merchant.language],
        }
        self.post(path, body if bill.paid == "all" else body | {"amount": bill.paid})

    def cancel(self, path: str) -> None:
        self.post(path, None)

    def post(self, path: str, body: Mapping[str, Any] | None) -> str:
        """Post and return the new object's id, if there is one; an answer that is no 2xx raises."""
        headers = {"Authorization": f"Bearer {self.merchant.holded_token}"}
        answer = self.client.post(path, json=body, headers=headers)
        if answer.is_error:
            raise RuntimeError(f"Holded sandbox, {path}: {answer.status_code} {answer.text}")
        found = answer.json() if answer.content else {}
        return str(found.get("id", ""))


def first_day(merchant: Merchant) -> int:
    """Return how many days back the merchant's story begins."""
    people = merchant.people
    days = [each.ago for person in people for each in person.bills]
    days += [each.ago for person in people for each in person.plans]
    days += [each.ago for person in people for each in person.one_offs]
    return max(days, default=30) + 10
