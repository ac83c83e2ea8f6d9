"""Nuvol Studio: web pages and hosting from Barcelona, in euros, dark blue."""

from __future__ import annotations

from portal.sandbox.demo.data.words import (
    Bill,
    Merchant,
    OneOff,
    Person,
    Plan,
    Price,
    Product,
    Repeat,
)

PRODUCTS = (
    Product(
        "hosting",
        "Hosting Bàsic",
        "Un web, correu i còpies cada dia",
        (Price("basic_month", 900, "month"), Price("basic_year", 9_000, "year")),
    ),
    Product(
        "pro",
        "Hosting Pro",
        "Fins a cinc webs i suport en un dia",
        (Price("pro_month", 2_900, "month"), Price("pro_year", 29_000, "year")),
    ),
    # Its price says nothing about tax: the portal must refuse to change to it, and say why.
    Product(
        "agency",
        "Hosting Agència",
        "Webs il·limitats",
        (Price("agency_month", 7_900, "month", tax_behavior="unspecified"),),
    ),
    Product(
        "mailbox",
        "Bústia addicional",
        "Una bústia de correu més",
        (Price("mailbox_month", 400, "month"),),
        offered=False,
    ),
)

FORN = Person(
    "forn",
    "Forn Ventura SL",
    "ana@fornventura.example",
    "open, overdue and part-paid Holded invoices, a credit note, an active plan, a good card, "
    "the promotion code HOLA10",
    tax_id="B12345674",
    phone="+34 930 000 001",
    language="es",
    address=("Carrer Major 12", "Sabadell", "08201"),
    methods=("pm_card_visa", "pm_card_mastercard"),
    plans=(Plan(100, (("pro_month", 1),)),),
    one_offs=(OneOff(20, "Revisión de accesibilidad", 18_000),),
    bills=(
        Bill(190, "Diseño del catálogo de otoño", "840.00", paid="all"),
        Bill(130, "Fotografía de producto", "390.00", paid="all"),
        Bill(75, "Tienda en línea, primera fase", "1250.00"),
        Bill(48, "Tienda en línea, segunda fase", "1250.00", paid="500.00"),
        Bill(40, "Abono de la sesión de fotos", "90.00", kind="credit-notes"),
        Bill(18, "Campaña de Navidad", "420.00", notes="Avisar a contabilidad"),
        Bill(6, "Mantenimiento de noviembre", "85.50", units=2),
        Bill(2, "Rediseño del menú", "310.00", state="draft"),
    ),
)
TALLER = Person(
    "taller",
    "Taller Brunet SCP",
    "jordi@tallerbrunet.example",
    "a card whose bank asks for authentication, a plan in trial, one open Holded invoice",
    tax_id="J12345675",
    language="ca",
    address=("Passatge del Ferro 3", "Terrassa", "08221"),
    methods=("pm_card_authenticationRequired",),
    plans=(Plan(5, (("basic_month", 1),), {"trial_period_days": 14}),),
    bills=(Bill(12, "Página de presentación", "600.00"),),
)
LLIBRERIA = Person(
    "llibreria",
    "Llibreria Onada",
    "hola@llibreriaonada.example",
    "a card that declines, a plan past due with an open Stripe invoice",
    tax_id="B12345676",
    language="ca",
    address=("Rambla Vella 40", "Tarragona", "43003"),
    methods=("pm_card_visa",),
    plans=(Plan(70, (("pro_month", 1),), later=((15, "decline"),)),),
    bills=(Bill(33, "Tienda de libros en línea", "980.00"),),
)
CLINICA = Person(
    "clinica",
    "Clínica Dental Arrels",
    "pagaments@clinicaarrels.example",
    "SEPA direct debit, a plan with a change scheduled, paid and open Holded invoices",
    tax_id="B12345677",
    language="es",
    address=("Avinguda Diagonal 900", "Barcelona", "08018"),
    methods=("ES0700120345030000067890",),
    plans=(Plan(80, (("basic_month", 1),), later=((4, "switch:pro_month"),)),),
    bills=(
        Bill(60, "Reserva de citas en línea", "1490.00", paid="all"),
        Bill(9, "Integración con la agenda", "275.00"),
    ),
)
MARINA = Person(
    "marina",
    "Marina Costa",
    "marina@example.com",
    "one e-mail with two customers: this is the person",
    language="es",
    address=("Carrer de la Platja 7", "Sitges", "08870"),
    methods=("pm_card_visa",),
    plans=(Plan(45, (("basic_month", 1),)),),
    bills=(Bill(21, "Página personal", "250.00"),),
)
COSTA = Person(
    "costa",
    "Costa Arquitectura SLP",
    "marina@example.com",
    "one e-mail with two customers: this is the company",
    tax_id="B12345678",
    language="es",
    address=("Carrer de la Platja 7", "Sitges", "08870"),
    bills=(Bill(50, "Cartera de proyectos", "1900.00"), Bill(14, "Visita virtual", "640.00")),
)
DISTRIBUCIONS = Person(
    "distribucions",
    "Distribucions Vallès SA",
    "factures@distrivalles.example",
    "300 Holded invoices, and a plan of two items",
    tax_id="A12345679",
    language="ca",
    address=("Polígon Can Roca, nau 8", "Granollers", "08402"),
    methods=("pm_card_visa",),
    plans=(Plan(88, (("pro_month", 1), ("mailbox_month", 6))),),
    bills=tuple(
        Bill(
            3 + 2 * n,
            f"Publicación semanal, lote {300 - n}",
            f"{45 + (n * 7) % 60}.00",
            paid="all" if n > 8 else "",
        )
        for n in range(300)
    ),
)
NOU = Person(
    "nou",
    "Restaurant Nou",
    "cuina@restaurantnou.example",
    "no invoice, no plan and no payment method",
    language="ca",
)
GELATS = Person(
    "gelats",
    "Gelats Polars SL",
    "oficina@gelatspolars.example",
    "a plan that ends at the period's end, a cancelled Holded invoice, a paid one-off",
    tax_id="B12345680",
    language="es",
    address=("Plaça del Mercat 1", "Girona", "17001"),
    methods=("pm_card_visa",),
    plans=(Plan(45, (("pro_month", 1),), later=((10, "cancel_at_period_end"),)),),
    one_offs=(OneOff(30, "Traslado de dominio", 4_500, "paid"),),
    bills=(
        Bill(80, "Etiquetas de verano", "120.00", state="cancelled"),
        Bill(25, "Carta de helados", "330.00", paid="all"),
    ),
)
# Documents that carry it charge themselves, or ask their customer for a payment method.
COLLECT = ("cobrar",)
JARDINS = Person(
    "jardins",
    "Jardins Bonaire SL",
    "comptes@jardinsbonaire.example",
    "a Holded invoice and a proforma that charge themselves once a payment method is added, and a "
    "recurring Holded invoice",
    tax_id="B12345681",
    language="ca",
    address=("Carrer dels Tarongers 5", "Mataró", "08301"),
    bills=(
        Bill(10, "Web de la botiga de plantes", "720.00", tags=COLLECT),
        Bill(4, "Segona fase, a compte", "350.00", kind="proformas", tags=COLLECT),
    ),
    repeats=(Repeat(6, "Manteniment del web", "60.00", tags=COLLECT),),
)

NUVOL = Merchant(
    slug="nuvol",
    name="Nuvol Studio",
    legal_name="Nuvol Studio SL",
    tax_id="B12345670",
    address="Carrer de Sants 100\n08014 Barcelona",
    country="ES",
    currency="eur",
    language="es",
    timezone="Europe/Madrid",
    colour="#1e3a8a",
    support_email="hola@nuvol.example",
    privacy_url="https://nuvol.example/privacidad",
    terms_url="https://nuvol.example/condiciones",
    tax="s_iva_21",
    taxes=(),
    tax_rate=("IVA", "21"),
    products=PRODUCTS,
    people=(
        FORN,
        TALLER,
        LLIBRERIA,
        CLINICA,
        MARINA,
        COSTA,
        DISTRIBUCIONS,
        NOU,
        GELATS,
        JARDINS,
    ),
    rules=("collect_tag=cobrar", "pause_months=3", "lanes=de,eude,eu"),
)
