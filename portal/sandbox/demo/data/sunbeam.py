"""Sunbeam Energy: figures for people with solar roofs, in US dollars, yellow."""

from __future__ import annotations

from portal.sandbox.demo.data.words import Bill, Merchant, OneOff, Person, Plan, Price, Product

PRODUCTS = (
    Product(
        "starter",
        "Starter",
        "One roof, daily figures",
        (Price("starter_month", 1_900, "month"), Price("starter_year", 19_000, "year")),
    ),
    Product(
        "growth",
        "Growth",
        "Ten roofs, hourly figures",
        (Price("growth_month", 5_900, "month"), Price("growth_year", 59_000, "year")),
    ),
    Product(
        "readings",
        "Meter readings",
        "Billed by use",
        (Price("readings", 2, "month", usage=True),),
        offered=False,
    ),
)

HARBOR = Person(
    "harbor",
    "Harbor Bakery LLC",
    "office@harborbakery.example",
    "usage-based billing, Stripe invoices open, paid and void",
    phone="+1 206 555 0100",
    address=("12 Pier Road", "Seattle", "98101"),
    methods=("pm_card_visa",),
    plans=(Plan(40, (("readings", 0),)),),
    one_offs=(
        OneOff(52, "Roof survey", 25_000, "paid"),
        OneOff(35, "Survey, wrong address", 25_000, "void"),
        OneOff(9, "Inverter installation", 64_000),
    ),
    bills=(Bill(28, "Permit paperwork", "180.00"),),
)
MAPLE = Person(
    "maple",
    "Maple Yard Co",
    "billing@mapleyard.example",
    "a paused plan",
    address=("48 Orchard Lane", "Burlington", "05401"),
    methods=("pm_card_mastercard",),
    plans=(Plan(75, (("growth_month", 1),), later=((18, "pause"),)),),
)
PINE = Person(
    "pine",
    "Pine Street Clinic",
    "accounts@pineclinic.example",
    "a plan whose invoices are sent, and no payment method",
    address=("900 Pine Street", "Portland", "97204"),
    plans=(
        Plan(
            40,
            (("starter_month", 3),),
            {"collection_method": "send_invoice", "days_until_due": 14},
            later=((30, "settle"),),
        ),
    ),
)
DANA = Person(
    "dana",
    "Dana Whitfield",
    "dana@example.com",
    "a cancelled plan, in Stripe only",
    address=("5 Juniper Court", "Boise", "83702"),
    at_holded=False,
    methods=("pm_card_visa",),
    plans=(Plan(84, (("starter_month", 1),), later=((20, "cancel"),)),),
)

SUNBEAM = Merchant(
    slug="sunbeam",
    name="Sunbeam Energy",
    legal_name="Sunbeam Energy Inc.",
    tax_id="00-0000000",
    address="77 Solar Avenue\nSan Diego, CA 92101",
    country="US",
    currency="usd",
    language="en",
    timezone="America/Los_Angeles",
    colour="#facc15",
    support_email="help@sunbeam.example",
    tax="s_tax_0",
    taxes=(("s_tax_0", "No tax", "0"),),
    tax_rate=None,
    products=PRODUCTS,
    people=(HARBOR, MAPLE, PINE, DANA),
)
