"""Disputes and early fraud warnings: opened by test cards or a control, answered, won and lost."""

from typing import Any

import pytest
import stripe

from tests.sandbox.stripe.conftest import Shop, path_of
from tests.sandbox.stripe.payments.conftest import DAY, control, kinds

REFUSED = stripe.InvalidRequestError


def disputed(shop: Shop, token: str = "createDispute") -> Any:
    """The dispute of a payment of 15.00 by a test card."""
    intent = shop.pay(f"pm_card_{token}")
    return shop.api.disputes.list({"payment_intent": intent.id}).data[0]


def answer(shop: Shop, dispute: Any, text: str) -> Any:
    """Hands evidence in and returns the dispute once the bank answered."""
    shop.api.disputes.update(dispute.id, {"evidence": {"uncategorized_text": text}})
    return shop.api.disputes.retrieve(dispute.id)


@pytest.mark.parametrize(
    ("token", "reason", "status", "case"),
    [
        ("createDispute", "fraudulent", "needs_response", "chargeback"),
        (
            "createDisputeProductNotReceived",
            "product_not_received",
            "needs_response",
            "chargeback",
        ),
        ("createDisputeInquiry", "general", "warning_needs_response", "inquiry"),
        ("createCe3EligibleDispute", "fraudulent", "needs_response", "chargeback"),
        ("createComplianceDispute", "noncompliant", "needs_response", "compliance"),
        ("createMastercardComplianceDispute", "noncompliant", "needs_response", "compliance"),
    ],
)
def test_a_test_card_opens_its_dispute(
    shop: Shop, token: str, reason: str, status: str, case: str
) -> None:
    dispute = disputed(shop, token)

    card = dispute.payment_method_details.card
    assert (dispute.reason, dispute.status, card.case_type) == (reason, status, case)
    charge = shop.api.charges.retrieve(dispute.charge)
    assert (charge.disputed, dispute.amount) == (True, 1500)


def test_a_chargeback_takes_the_money_and_a_fee(shop: Shop) -> None:
    dispute = disputed(shop)

    booked = dispute.balance_transactions[0]
    assert (booked.amount, booked.fee, booked.net) == (-1500, 1500, -3000)
    assert (booked.type, booked.reporting_category) == ("adjustment", "dispute")
    assert kinds(shop, "charge.dispute") == [
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
    ]


def test_winning_evidence_gives_the_money_back(shop: Shop) -> None:
    dispute = disputed(shop)

    ended = answer(shop, dispute, "winning_evidence")

    assert ended.status == "won"
    assert [one.net for one in ended.balance_transactions] == [-3000, 3000]
    assert ended.evidence_details.submission_count == 1
    assert kinds(shop, "charge.dispute")[2:] == [
        "charge.dispute.updated",
        "charge.dispute.closed",
        "charge.dispute.funds_reinstated",
    ]


def test_losing_evidence_ends_it(shop: Shop) -> None:
    ended = answer(shop, disputed(shop), "losing_evidence")

    assert (ended.status, len(ended.balance_transactions)) == ("lost", 1)


def test_other_evidence_is_looked_at(shop: Shop) -> None:
    ended = answer(shop, disputed(shop), "They got it.")

    assert ended.status == "under_review"
    assert (ended.evidence_details.has_evidence, ended.evidence_details.past_due) == (True, False)
    assert control(shop, "disputes", dispute=ended.id, outcome="won")["status"] == "won"


def test_evidence_can_be_kept_before_it_is_handed_in(shop: Shop) -> None:
    dispute = disputed(shop)
    evidence = {"evidence": {"uncategorized_text": "winning_evidence"}, "submit": False}

    staged = shop.api.disputes.update(dispute.id, evidence)
    submitted = shop.api.disputes.update(dispute.id, {"submit": True})

    assert (staged.status, staged.evidence_details.submission_count) == ("needs_response", 0)
    assert submitted.status == "under_review"
    assert shop.api.disputes.retrieve(dispute.id).status == "won"


def test_a_closed_dispute_takes_no_evidence(shop: Shop) -> None:
    dispute = disputed(shop)
    closed = shop.api.disputes.close(dispute.id)

    with pytest.raises(REFUSED):
        answer(shop, dispute, "winning_evidence")

    assert closed.status == "lost"


def test_nobody_answers_in_time(shop: Shop) -> None:
    dispute = disputed(shop)

    shop.sandbox.advance(11 * DAY)

    ended = shop.api.disputes.retrieve(dispute.id)
    assert (ended.status, ended.evidence_details.past_due) == ("lost", True)


def test_an_inquiry_takes_no_money_and_ends_by_a_refund(shop: Shop) -> None:
    dispute = disputed(shop, "createDisputeInquiry")

    shop.api.refunds.create({"charge": dispute.charge})

    assert dispute.balance_transactions == []
    assert dispute.is_charge_refundable is True
    assert shop.api.disputes.retrieve(dispute.id).status == "warning_closed"


@pytest.mark.parametrize(
    ("text", "status"),
    [
        ("escalate_inquiry_evidence", "needs_response"),
        ("losing_evidence", "warning_closed"),
    ],
)
def test_an_inquiry_goes_on_or_not(shop: Shop, text: str, status: str) -> None:
    ended = answer(shop, disputed(shop, "createDisputeInquiry"), text)

    assert ended.status == status
    assert len(ended.balance_transactions) == (1 if status == "needs_response" else 0)


def test_what_was_charged_back_cannot_be_refunded(shop: Shop) -> None:
    dispute = disputed(shop)

    with pytest.raises(REFUSED) as caught:
        shop.api.refunds.create({"charge": dispute.charge})

    assert caught.value.code == "charge_disputed"


def test_one_charge_can_be_disputed_twice(shop: Shop) -> None:
    intent = shop.pay("pm_card_createMultipleDisputes")

    found = shop.api.disputes.list({"payment_intent": intent.id}).data

    assert [one.amount for one in found] == [750, 750]


def test_secure_payments_are_not_disputed_as_fraud(shop: Shop) -> None:
    method = shop.api.payment_methods.create(
        {"type": "card", "card": {"number": "4242424242424242"}}
    )
    intent = shop.pay(method.id)

    assert shop.api.disputes.list({"payment_intent": intent.id}).data == []


def test_a_bank_warns_early(shop: Shop) -> None:
    intent = shop.pay("pm_card_createIssuerFraudRecord")

    warned = shop.call("GET", "/v1/radar/early_fraud_warnings").json()["data"]
    shop.api.refunds.create({"payment_intent": intent.id})

    after = shop.api.radar.early_fraud_warnings.retrieve(warned[0]["id"])
    assert (warned[0]["charge"], warned[0]["actionable"]) == (intent.latest_charge, True)
    assert after.actionable is False
    assert kinds(shop, "radar") == [
        "radar.early_fraud_warning.created",
        "radar.early_fraud_warning.updated",
    ]


def test_any_charge_is_disputed_by_the_control(shop: Shop) -> None:
    intent = shop.pay("pm_card_visa")

    made = control(
        shop, "disputes", charge=intent.latest_charge, kind="product_not_received", amount=500
    )

    found = shop.api.disputes.retrieve(made["id"])
    assert (found.amount, found.reason) == (500, "product_not_received")


@pytest.mark.parametrize(
    "wrong",
    [{}, {"charge": "ch_x", "dispute": "du_x"}, {"charge": "ch_none"}, {"dispute": "du_none"}],
)
def test_a_wrong_control_says_so(shop: Shop, wrong: dict[str, str]) -> None:
    answered = shop.transport.http.post("/_sandbox/disputes", json=wrong)

    assert answered.status_code in (400, 404)
    assert shop.api.disputes.list().data == []


def test_files_are_refused_as_evidence(shop: Shop) -> None:
    with pytest.raises(REFUSED) as caught:
        shop.api.disputes.update(disputed(shop).id, {"evidence": {"receipt": "file_1"}})

    assert caught.value.code == "sandbox_unsupported"


def test_how_evidence_shall_be_handed_in_is_kept(shop: Shop) -> None:
    dispute = disputed(shop)

    told = shop.api.disputes.update(dispute.id, {"intended_submission_method": "prefer_manual"})

    assert dispute.intended_submission_method is None
    assert told.intended_submission_method == "prefer_manual"
    assert told.evidence_details.submission_count == 0


@pytest.mark.parametrize("method", ["smart_disputes", "prefer_smart_disputes"])
def test_evidence_is_never_handed_in_by_stripe(shop: Shop, method: str) -> None:
    with pytest.raises(REFUSED) as caught:
        shop.api.disputes.update(disputed(shop).id, {"intended_submission_method": method})

    assert caught.value.code == "sandbox_unsupported"


def test_a_warning_of_a_charge_without_an_intent_names_none(shop: Shop) -> None:
    token = "tok_createIssuerFraudRecord"
    shop.api.charges.create({"amount": 1500, "currency": "eur", "source": token})

    warned = shop.api.radar.early_fraud_warnings.list().data[0]

    assert "payment_intent" not in warned


def test_the_blocked_card_says_that_radar_did_it(shop: Shop) -> None:
    with pytest.raises(stripe.CardError) as caught:
        shop.pay("pm_card_radarBlock")

    error = caught.value.error
    assert error is not None
    charge = shop.api.charges.retrieve(error.charge)
    assert (charge.outcome.type, charge.outcome.risk_level) == ("blocked", "highest")
    assert charge.outcome.network_status == "not_sent_to_network"


def test_an_elevated_risk_is_shown(shop: Shop) -> None:
    intent = shop.pay("pm_card_riskLevelElevated", expand=["latest_charge"])

    assert intent.latest_charge.outcome.risk_level == "elevated"


@pytest.mark.parametrize(
    ("token", "options", "result"),
    [
        ("authenticationRequired", {}, "authenticated"),
        ("visa", {"card": {"request_three_d_secure": "any"}}, "attempt_acknowledged"),
        ("amex", {"card": {"request_three_d_secure": "any"}}, "not_supported"),
        (
            "threeDSecureOptionalProcessingError",
            {"card": {"request_three_d_secure": "any"}},
            "processing_error",
        ),
    ],
)
def test_a_charge_tells_what_3d_secure_said(
    shop: Shop, token: str, options: dict[str, Any], result: str
) -> None:
    intent = shop.pay(f"pm_card_{token}", payment_method_options=options)
    if intent.status == "requires_action":
        shop.browser.post(path_of(intent.next_action.redirect_to_url.url), data={"complete": "1"})

    found = shop.api.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})

    assert found.latest_charge.payment_method_details.card.three_d_secure.result == result
