"""Disputes of every kind, won, lost and given up, and the warnings of a bank."""

from tests.sandbox.stripe.stories.telling import Teller, story

KINDS = (
    "createDispute",
    "createDisputeProductNotReceived",
    "createDisputeInquiry",
    "createCe3EligibleDispute",
    "createComplianceDispute",
    "createMastercardComplianceDispute",
    "createMultipleDisputes",
)


@story
def kinds(shop: Teller) -> None:
    """One of each kind; nobody answers in time."""
    for kind in KINDS:
        shop.pay(f"pm_card_{kind}")
    shop.api.disputes.list()
    shop.advance(12)
    for dispute in shop.api.disputes.list().data:
        shop.api.disputes.retrieve(dispute.id)
    shop.api.charges.list()


@story
def evidence(shop: Teller) -> None:
    """Evidence kept and handed in: won, lost; one given up, one that is still looked at."""
    for _ in range(4):
        shop.pay("pm_card_createDispute", customer=shop.customer().id)
    won, lost, closed, open_ = shop.api.disputes.list().data
    words = {"customer_name": "Ana", "product_description": "A hat"}
    update = shop.api.disputes.update
    update(won.id, {"evidence": words, "submit": False, "metadata": {"a": "b"}})
    update(won.id, {"evidence": {"uncategorized_text": "winning_evidence"}})
    update(lost.id, {"evidence": {"uncategorized_text": "losing_evidence"}})
    update(open_.id, {"intended_submission_method": "prefer_manual", "evidence": words})
    shop.api.disputes.close(closed.id)
    for dispute in (won, lost, closed, open_):
        shop.api.disputes.retrieve(dispute.id)
    shop.api.charges.retrieve(won.charge)


@story
def inquiries(shop: Teller) -> None:
    """One that becomes a chargeback, one that a refund ends, one given up."""
    for _ in range(3):
        shop.pay("pm_card_createDisputeInquiry")
    grown, refunded, closed = shop.api.disputes.list().data
    text = {"uncategorized_text": "escalate_inquiry_evidence"}
    shop.api.disputes.update(grown.id, {"evidence": text})
    shop.api.refunds.create({"charge": refunded.charge})
    shop.api.disputes.close(closed.id)
    shop.api.disputes.retrieve(grown.id)
    shop.api.disputes.retrieve(refunded.id)


@story
def warnings(shop: Teller) -> None:
    """A bank warns of fraud before anybody disputes."""
    intent = shop.pay("pm_card_createIssuerFraudRecord")
    found = shop.api.radar.early_fraud_warnings.list({"charge": intent.latest_charge}).data[0]
    shop.api.radar.early_fraud_warnings.retrieve(found.id)
    shop.api.refunds.create({"payment_intent": intent.id})
    shop.api.radar.early_fraud_warnings.retrieve(found.id)


@story
def debits(shop: Teller) -> None:
    """A disputed bank debit is lost at once."""
    accepted = {"type": "offline"}
    shop.pay("pm_disputed_es", mandate_data={"customer_acceptance": accepted})
    shop.advance(8)
    dispute = shop.api.disputes.list().data[0]
    assert dispute.status == "lost"
    charge = shop.api.charges.retrieve(dispute.charge)
    shop.api.mandates.retrieve(charge.payment_method_details.sepa_debit.mandate)
