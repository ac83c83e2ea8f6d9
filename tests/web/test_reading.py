"""What a page reads is the customer's, however many invoices a merchant has."""

import re
from dataclasses import replace

from portal.mirror import invoices
from tests.browser import Browser
from tests.factories import make_customer
from tests.payer import Payer
from tests.plans import heard, plan

# How a plan names a table that is read from end to end, and SQLite's what an index is entered by.
WHOLE = re.compile(r"\b(?:SCAN|Seq Scan on) invoices\b")
ENTERED = re.compile(r"\bSEARCH invoices USING (?:COVERING )?INDEX \w+ \(([^)]*)\)")
OF_MERCHANT = frozenset({"merchant_id", "livemode", "account", "origin"})
PAGES = [
    "/nuvol/",
    "/nuvol/invoices",
    "/nuvol/invoices?show=open",
    "/nuvol/invoices?show=paid",
    "/nuvol/invoices/{invoice}",
    "/nuvol/invoices/{invoice}/pay",
    "/nuvol/subscriptions",
    "/nuvol/payment-methods",
    "/nuvol/account",
    "/nuvol/history",
    "/nuvol/statement",
    "/nuvol/purchase-order",
]
OTHERS = 400


def test_no_page_reads_every_invoice_of_a_merchant(signed_in: Payer, browser: Browser) -> None:
    house, bill = signed_in.house, signed_in.stripe_invoice()
    house.settle_down()
    make_customer(house.db, house.merchant, id="cus_other", email="other@example.com")
    told = invoices.get(signed_in.visit(), bill).invoice
    with house.db.write() as unit:
        others = [
            (
                replace(told, id=f"in_{number}", number=f"X-{number}", customer="cus_other"),
                house.now(),
            )
            for number in range(OTHERS)
        ]
        invoices.save(unit, house.merchant, others, now=house.now())
    house.db.gather_statistics()
    found = {}

    for page in PAGES:
        with heard(house) as statements:
            browser.open(page.format(invoice=bill))
        plans = [plan(house, sql, values) for sql, values in statements if _selects(sql)]
        assert plans
        found[page] = [one for one in plans if _reads_all(one)]

    assert {page: plans for page, plans in found.items() if plans} == {}


def _selects(sql: str) -> bool:
    return sql.lstrip().startswith(("SELECT", "WITH"))


def _reads_all(plan: str) -> bool:
    """Whether a plan reads every invoice, or every one of a merchant."""
    of_merchant = any(
        OF_MERCHANT.issuperset(re.findall(r"(\w+)[=<>]", entered))
        for entered in ENTERED.findall(plan)
    )
    return of_merchant or bool(WHOLE.search(plan))
