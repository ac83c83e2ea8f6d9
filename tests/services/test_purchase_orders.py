"""A customer's reference gets on what is not issued yet, and on nothing that is."""

from typing import Any

import pytest

from portal.domain.errors import GatewayUnavailable, InvalidInput, Refused
from portal.domain.purchase_orders import Span
from portal.mirror import invoices
from portal.services import purchase_orders
from tests.house import House
from tests.payer import Payer

LINE = {"name": "Work", "units": 3, "price": "33.3333", "taxes": ["s_iva_21"], "discount": 10}


def holded_draft(payer: Payer, **more: Any) -> str:
    body = {
        "contact_id": payer.holded_contact,
        "date": "2026-11-01",
        "items": [LINE, {"name": "More", "units": 1, "price": "-5.00"}],
        "notes": "for us alone",
        "tags": ["shop"],
        **more,
    }
    id = str(payer.house.holded.post("/invoices", json=body).raise_for_status().json()["id"])
    payer.house.settle_down()
    return id


def stripe_draft(payer: Payer, **more: Any) -> str:
    made = payer.house.stripe.v1.invoices.create({"customer": payer.stripe_customer, **more})
    payer.house.settle_down()
    return str(made.id)


def fields_at_stripe(payer: Payer, invoice: str) -> list[tuple[str, str]]:
    told = payer.house.stripe.v1.invoices.retrieve(invoice).custom_fields or ()
    return [(row.name, row.value) for row in told]


def at_holded(payer: Payer, invoice: str) -> Any:
    return payer.house.holded.get(f"/invoices/{invoice}").json()


def fields_at_holded(payer: Payer, invoice: str) -> list[tuple[str, str]]:
    return [(row["field"], row["value"]) for row in at_holded(payer, invoice)["custom_fields"]]


def keep(payer: Payer, span: Span, reference: str) -> None:
    purchase_orders.keep(payer.visit(), span, reference)
    payer.house.settle_down()


def given(payer: Payer) -> dict[Span, str] | None:
    return purchase_orders.of_visit(payer.visit())


def test_a_default_is_on_drafts_of_both_systems_and_on_those_to_come(payer: Payer) -> None:
    here = stripe_draft(payer), holded_draft(payer)

    keep(payer, Span.ALWAYS, "PO-7")
    later = stripe_draft(payer), holded_draft(payer)

    assert [fields_at_stripe(payer, one[0]) for one in (here, later)] == [
        [("PO number", "PO-7")],
        [("PO number", "PO-7")],
    ]
    assert [fields_at_holded(payer, one[1]) for one in (here, later)] == [
        [("PO number", "PO-7")],
        [("PO number", "PO-7")],
    ]


def test_nothing_else_of_a_draft_in_holded_changes(payer: Payer) -> None:
    id = holded_draft(payer)
    before = at_holded(payer, id)

    keep(payer, Span.ALWAYS, "PO-7")

    after = at_holded(payer, id)
    for told in (before, after):
        for line in told["lines"]:
            line.pop("line_id")
    assert {k: v for k, v in after.items() if before[k] != v} == {
        "custom_fields": [{"field": "PO number", "value": "PO-7"}]
    }


def test_an_issued_invoice_is_never_written_on(payer: Payer) -> None:
    issued = payer.stripe_invoice(), payer.invoice()

    keep(payer, Span.ALWAYS, "PO-7")
    keep(payer, Span.NEXT, "PO-8")

    assert fields_at_stripe(payer, issued[0]) == []
    assert fields_at_holded(payer, issued[1]) == []
    asked = [(row["method"], row["path"]) for row in payer.house.requests("holded")]
    assert not [path for method, path in asked if method == "PUT"]


def test_a_reference_for_the_next_invoice_is_used_up_by_it(payer: Payer) -> None:
    keep(payer, Span.ALWAYS, "PO-7")
    keep(payer, Span.NEXT, "ONCE")

    first, second = stripe_draft(payer), stripe_draft(payer)

    assert fields_at_stripe(payer, first) == [("PO number", "ONCE")]
    assert fields_at_stripe(payer, second) == [("PO number", "PO-7")]
    assert given(payer) == {Span.ALWAYS: "PO-7"}


def test_the_merchants_fields_stay_and_its_word_on_a_draft_counts(payer: Payer) -> None:
    customer = payer.house.stripe.v1.customers
    customer.update(
        payer.stripe_customer,
        {"invoice_settings": {"custom_fields": [{"name": "Centre", "value": "9"}]}},
    )
    keep(payer, Span.ALWAYS, "PO-7")
    own = stripe_draft(payer, custom_fields=[{"name": "PO number", "value": "MINE"}])

    told = customer.retrieve(payer.stripe_customer).invoice_settings.custom_fields

    assert [(row.name, row.value) for row in told] == [("Centre", "9"), ("PO number", "PO-7")]
    assert fields_at_stripe(payer, own) == [("PO number", "MINE")]


def test_a_reference_can_be_taken_away_again(payer: Payer) -> None:
    draft = stripe_draft(payer)
    keep(payer, Span.ALWAYS, "PO-7")

    keep(payer, Span.ALWAYS, "")

    assert fields_at_stripe(payer, draft) == []
    assert given(payer) == {}


def test_where_the_merchant_fills_all_four_fields_there_is_no_room(payer: Payer) -> None:
    four = [{"name": f"F{number}", "value": "x"} for number in range(4)]
    payer.house.stripe.v1.customers.update(
        payer.stripe_customer, {"invoice_settings": {"custom_fields": four}}
    )

    with pytest.raises(InvalidInput) as problem:
        purchase_orders.keep(payer.visit(), Span.ALWAYS, "PO-7")

    assert (problem.value.field, problem.value.problem) == ("reference", "no_room")


@pytest.mark.parametrize("more", [{"discount": 5}, {"currency": "usd", "currency_change": "1.1"}])
def test_a_draft_that_holded_does_not_tell_in_full_is_left_alone(payer: Payer, more: Any) -> None:
    draft = holded_draft(payer, **more)
    before = at_holded(payer, draft)

    keep(payer, Span.ALWAYS, "PO-7")

    assert at_holded(payer, draft) == before
    assert given(payer) == {Span.ALWAYS: "PO-7"}


def test_an_answer_that_was_lost_is_found_out_and_told_once(payer: Payer) -> None:
    payer.fault("stripe", "lose_answer", f"/v1/customers/{payer.stripe_customer}", method="POST")

    with pytest.raises(GatewayUnavailable):
        purchase_orders.keep(payer.visit(), Span.ALWAYS, "PO-7")
    unknown = given(payer)
    payer.house.pass_time(60)
    payer.house.settle_down()

    assert unknown == {}
    assert given(payer) == {Span.ALWAYS: "PO-7"}


def test_a_merchant_that_takes_none_is_asked_for_none(house: House, payer: Payer) -> None:
    keep(payer, Span.ALWAYS, "PO-7")
    house.decide(purchase_orders=False)

    with pytest.raises(Refused):
        purchase_orders.keep(payer.visit(), Span.ALWAYS, "PO-8")
    draft = holded_draft(payer)

    assert given(payer) is None
    assert fields_at_holded(payer, draft) == []


def test_the_name_is_the_merchants(house: House, payer: Payer) -> None:
    house.decide(purchase_order_name="Pedido")
    keep(payer, Span.ALWAYS, "PO-7")

    draft = stripe_draft(payer)
    house.stripe.v1.invoice_items.create(
        {"customer": payer.stripe_customer, "invoice": draft, "amount": 100, "currency": "eur"}
    )
    house.stripe.v1.invoices.finalize_invoice(draft)
    house.settle_down()

    assert invoices.get(payer.visit(), draft).invoice.custom_fields == (("Pedido", "PO-7"),)
