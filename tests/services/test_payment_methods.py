"""Which method is preferred, whatever becomes of the answers."""

import pytest

from portal.domain.errors import GatewayUnavailable
from portal.mirror import payment_methods as mirror
from portal.services import payment_methods
from tests.payer import Payer


@pytest.mark.parametrize("kind", ["reset", "lose_answer"])
def test_the_default_counts_that_was_chosen_last(payer: Payer, kind: str) -> None:
    first, second = payer.card(), payer.card("pm_card_mastercard")
    payer.fault("stripe", kind, f"/v1/customers/{payer.stripe_customer}", method="POST")
    with pytest.raises(GatewayUnavailable):
        payment_methods.make_default(payer.visit(), first)

    payment_methods.make_default(payer.visit(), second)
    payer.house.control("stripe", "clock", advance=5)
    payer.house.pass_time(30)
    payer.house.settle_down()

    told = payer.house.stripe.v1.customers.retrieve(payer.stripe_customer)
    assert told.invoice_settings.default_payment_method == second
    assert mirror.wallet(payer.visit()).default == second
