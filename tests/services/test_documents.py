"""PDFs: fetched once, kept whole or not at all, passed on byte for byte."""

import stat
from pathlib import Path

import pytest

from portal.domain.errors import GatewayRefused, GatewayUnavailable, NotFound
from portal.services import documents
from tests.payer import Payer, move_in


def fetched(payer: Payer, which: str) -> int:
    """Return how many PDFs a sandbox was asked for."""
    return len([row for row in payer.house.requests(which) if row["path"].endswith("/pdf")])


def kept(payer: Payer) -> list[Path]:
    return sorted((payer.house.settings.portal_data / documents.FOLDER).rglob("*.*"))


def test_holdeds_pdf_is_passed_on_byte_for_byte(payer: Payer) -> None:
    invoice = payer.invoice()
    original = payer.house.holded.get(f"/invoices/{invoice}/pdf").content

    _, path = documents.get(payer.visit(), invoice)

    assert path.read_bytes() == original
    assert original.startswith(b"%PDF-")


def test_stripes_pdf_is_passed_on_byte_for_byte(payer: Payer) -> None:
    invoice = payer.stripe_invoice()
    url = payer.house.stripe.v1.invoices.retrieve(invoice).invoice_pdf
    original = payer.house.stripe_app.test_client().get(url.partition(":8001")[2]).data

    _, path = documents.get(payer.visit(), invoice)

    assert path.read_bytes() == original


def test_a_kept_pdf_is_not_fetched_again_even_with_the_provider_down(payer: Payer) -> None:
    invoice = payer.invoice()
    _, first = documents.get(payer.visit(), invoice)
    payer.house.holded_wire.is_cut = True

    _, second = documents.get(payer.visit(), invoice)

    assert second == first
    assert fetched(payer, "holded") == 1


def test_reading_an_invoice_again_does_not_make_its_pdf_old(payer: Payer) -> None:
    invoice = payer.invoice()
    documents.get(payer.visit(), invoice)
    payer.house.sync()

    documents.get(payer.visit(), invoice)

    assert fetched(payer, "holded") == 1


def test_a_changed_invoice_is_fetched_anew_and_its_old_pdf_goes(payer: Payer) -> None:
    invoice = payer.invoice()
    _, old = documents.get(payer.visit(), invoice)
    payer.pay_in_holded(invoice, "40.00")
    payer.house.settle_down()

    _, new = documents.get(payer.visit(), invoice)

    assert new != old
    assert kept(payer) == [new]
    assert fetched(payer, "holded") == 2


def test_a_kept_pdf_is_for_this_installations_eyes_only(payer: Payer) -> None:
    _, path = documents.get(payer.visit(), payer.invoice())

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("kind", ["html", "http200_info"])
def test_b25_what_is_no_pdf_is_refused_and_never_kept(payer: Payer, kind: str) -> None:
    invoice = payer.invoice()
    payer.fault("holded", kind, "/pdf")

    with pytest.raises(GatewayRefused):
        documents.get(payer.visit(), invoice)

    assert kept(payer) == []
    assert documents.get(payer.visit(), invoice)[1].exists()


@pytest.mark.parametrize("kind", ["status", "half_body", "lose_answer", "reset"])
def test_b25_a_pdf_that_breaks_off_leaves_nothing_behind(payer: Payer, kind: str) -> None:
    invoice = payer.invoice()
    payer.fault("holded", kind, "/pdf")

    with pytest.raises(GatewayUnavailable):
        documents.get(payer.visit(), invoice)

    assert kept(payer) == []


def test_b15_somebody_elses_pdf_does_not_exist_even_when_it_is_kept(payer: Payer) -> None:
    invoice = payer.invoice()
    documents.get(payer.visit(), invoice)
    other = move_in(payer.house, "bob@example.com", "Bob")

    with pytest.raises(NotFound):
        documents.get(other.visit(), invoice)


def test_nothing_of_an_id_becomes_part_of_a_path(payer: Payer) -> None:
    _, path = documents.get(payer.visit(), payer.invoice())

    assert len(path.stem) == 65
    assert set(path.stem) <= set("0123456789abcdef-")
