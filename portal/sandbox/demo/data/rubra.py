"""Rubra Cafés: roasted coffee by subscription from São Paulo, in reais, red."""

from __future__ import annotations

from portal.sandbox.demo.data.words import Bill, Merchant, OneOff, Person, Plan, Price, Product

PRODUCTS = (
    Product(
        "casa",
        "Café da Casa",
        "Dois pacotes por mês",
        (Price("casa_month", 6_900, "month"), Price("casa_year", 69_000, "year")),
        quantity=(1, 10),
    ),
    Product(
        "escritorio",
        "Café do Escritório",
        "Oito pacotes por mês",
        (Price("escritorio_month", 21_900, "month"),),
    ),
)

EMPORIO = Person(
    "emporio",
    "Empório Açaí Ltda",
    "financeiro@emporioacai.example",
    "pays by Boleto: an open Stripe invoice, a plan whose invoices are sent",
    tax_id="00.000.000/0001-91",
    address=("Rua das Flores 210", "São Paulo", "01310-100"),
    plans=(
        Plan(
            38,
            (("escritorio_month", 1),),
            {"collection_method": "send_invoice", "days_until_due": 10},
            later=((31, "settle"),),
        ),
    ),
    one_offs=(OneOff(7, "Moedor de café", 89_000),),
    bills=(Bill(16, "Treinamento de barista", "650.00"),),
)
LIVRARIA = Person(
    "livraria",
    "Livraria do Cais",
    "contato@livrariadocais.example",
    "an active plan and a good card, from 1 to 10 units, the promotion code HOLA10",
    tax_id="00.000.000/0002-72",
    address=("Avenida do Porto 5", "Recife", "50030-000"),
    methods=("pm_card_visa",),
    plans=(Plan(66, (("casa_month", 2),)),),
)
JOANA = Person(
    "joana",
    "Joana Prado",
    "joana@example.com",
    "in Holded only, with nothing at Stripe",
    address=("Rua do Sol 18", "Olinda", "53120-000"),
    at_stripe=False,
    bills=(
        Bill(44, "Cesta de presentes", "230.00", paid="all"),
        Bill(11, "Oficina de degustação", "140.00"),
    ),
)

RUBRA = Merchant(
    slug="rubra",
    name="Rubra Cafés",
    legal_name="Rubra Cafés Ltda",
    tax_id="00.000.000/0003-53",
    address="Rua do Comércio 33\n01015-000 São Paulo",
    country="BR",
    currency="brl",
    language="pt",
    timezone="America/Sao_Paulo",
    colour="#b91c1c",
    support_email="ola@rubra.example",
    tax="s_tax_0",
    taxes=(("s_tax_0", "Sem imposto", "0"),),
    tax_rate=None,
    products=PRODUCTS,
    people=(EMPORIO, LIVRARIA, JOANA),
)
