"""What a phase of a planned change keeps of the one that runs."""

from datetime import UTC, datetime
from typing import Any

from portal.gateways.payments import Change
from portal.gateways.stripe.schedules import planned

NOW = datetime(2026, 11, 27, tzinfo=UTC)
CHANGE = Change(
    subscription="sub_1",
    item="si_1",
    price="price_less",
    quantity=2,
    proration_behavior="none",
    billing_cycle_anchor="unchanged",
    ends_trial=False,
    proration_date=NOW,
    starts_at=NOW,
)
TERMS = {
    "application_fee_percent": 2.5,
    "automatic_tax": {
        "enabled": True,
        "liability": {"type": "account", "account": "acct_2"},
    },
    "collection_method": "send_invoice",
    "invoice_settings": {"days_until_due": 21, "issuer": {"type": "self"}},
    "on_behalf_of": "acct_3",
    "transfer_data": {"destination": "acct_3"},
}


def _made(**told: Any) -> dict[str, Any]:
    item = {"price": "price_more", "quantity": 3}
    return {"phases": [{"items": [item], "start_date": 1, "end_date": 2, **told}]}


def test_both_phases_are_taxed_sent_and_shared_as_the_plan_is() -> None:
    told = {
        **TERMS,
        "automatic_tax": {**TERMS["automatic_tax"], "disabled_reason": None},
        "invoice_settings": {**TERMS["invoice_settings"], "footer": None},
        "transfer_data": {**TERMS["transfer_data"], "amount_percent": None},
        "on_behalf_of": {"id": "acct_3", "object": "account"},
    }

    phases = planned(CHANGE, _made(**told))["phases"]

    for phase in phases:
        assert {name: phase[name] for name in TERMS} == {**TERMS, "application_fee_percent": "2.5"}


def test_what_the_plan_says_nothing_of_is_not_said() -> None:
    empty = {"automatic_tax": {"enabled": False, "liability": None}, "transfer_data": None}

    now, then = planned(CHANGE, _made(**empty))["phases"]

    assert set(now) == {"items", "start_date", "end_date", "proration_behavior"}
    assert then == {
        "items": [{"price": "price_less", "quantity": 2}],
        "proration_behavior": "none",
    }
