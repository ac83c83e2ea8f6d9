"""Stripe's webhooks: verifying one, and which object it speaks about.

The SDK's `Webhook.construct_event` builds an object for every nested thing, at about a millisecond
an event; here only the signature is the SDK's and the rest is plain JSON.
"""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import stripe

from portal.domain.errors import ForgedEvent
from portal.domain.events import ObjectKind, ProviderEvent

API_VERSION = "2026-10-28.endive"
TOLERANCE = 300

KINDS = {
    "customer": ObjectKind.CUSTOMER,
    "tax_id": ObjectKind.CUSTOMER,
    "subscription": ObjectKind.SUBSCRIPTION,
    "subscription_schedule": ObjectKind.SCHEDULE,
    "invoice": ObjectKind.INVOICE,
    "invoice_payment": ObjectKind.INVOICE,
    "credit_note": ObjectKind.CREDIT_NOTE,
    "payment_intent": ObjectKind.PAYMENT_INTENT,
    "checkout.session": ObjectKind.CHECKOUT_SESSION,
    "payment_method": ObjectKind.PAYMENT_METHOD,
    "mandate": ObjectKind.MANDATE,
    "setup_intent": ObjectKind.MANDATE,
    "refund": ObjectKind.REFUND,
    "charge": ObjectKind.REFUNDS,
    "product": ObjectKind.PRODUCT,
    "price": ObjectKind.PRICE,
    "coupon": ObjectKind.COUPON,
    "billing_portal.configuration": ObjectKind.CONFIGURATION,
}
# Objects that only point at the one we mirror, by the field that names it.
POINTERS = {
    "tax_id": "customer",
    "invoice_payment": "invoice",
    "charge": "id",
    "setup_intent": "mandate",
}
# The kinds of events an endpoint asks for.
EVENT_TYPES = (
    "billing_portal.configuration.created",
    "billing_portal.configuration.updated",
    "charge.refunded",
    "checkout.session.async_payment_failed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.completed",
    "checkout.session.expired",
    "coupon.created",
    "coupon.deleted",
    "coupon.updated",
    "credit_note.created",
    "credit_note.updated",
    "credit_note.voided",
    "customer.created",
    "customer.deleted",
    "customer.subscription.created",
    "customer.subscription.deleted",
    "customer.subscription.paused",
    "customer.subscription.pending_update_applied",
    "customer.subscription.pending_update_expired",
    "customer.subscription.resumed",
    "customer.subscription.trial_will_end",
    "customer.subscription.updated",
    "customer.tax_id.created",
    "customer.tax_id.deleted",
    "customer.tax_id.updated",
    "customer.updated",
    "invoice.created",
    "invoice.deleted",
    "invoice.finalized",
    "invoice.marked_uncollectible",
    "invoice.overpaid",
    "invoice.paid",
    "invoice.payment_action_required",
    "invoice.payment_failed",
    "invoice.payment_succeeded",
    "invoice.sent",
    "invoice.upcoming",
    "invoice.updated",
    "invoice.voided",
    "invoice_payment.paid",
    "mandate.updated",
    "payment_intent.canceled",
    "payment_intent.payment_failed",
    "payment_intent.processing",
    "payment_intent.requires_action",
    "payment_intent.succeeded",
    "payment_method.attached",
    "payment_method.automatically_updated",
    "payment_method.detached",
    "payment_method.updated",
    "price.created",
    "price.deleted",
    "price.updated",
    "product.created",
    "product.deleted",
    "product.updated",
    "setup_intent.succeeded",
    "refund.created",
    "refund.failed",
    "refund.updated",
    "subscription_schedule.aborted",
    "subscription_schedule.canceled",
    "subscription_schedule.completed",
    "subscription_schedule.created",
    "subscription_schedule.expiring",
    "subscription_schedule.released",
    "subscription_schedule.updated",
)


def read_event(
    body: bytes, signature: str, secrets: Sequence[str], *, account: str, now: datetime
) -> ProviderEvent:
    """Verify an event and say what it is about; raises ForgedEvent.

    Any of the secrets may fit (two are alive while one is rolled). The SDK refuses signatures older
    than 300 s, and takes any from the future; we refuse those dated as far ahead as well.
    `account` is the endpoint's, used where the event names none.
    """
    _verify(body, signature, secrets, now)
    return parse(body, account=account)


def parse(body: bytes, *, account: str) -> ProviderEvent:
    """Read an event whose signature was verified when it came."""
    try:
        told = json.loads(body)
        thing = told["data"]["object"]
        kind = _kind(told["type"], thing["object"])
        pointer = POINTERS.get(thing["object"], "")
        id = thing.get(pointer) if pointer else thing.get("id")
        if told["type"] == "invoice.upcoming":
            # It has no id yet: what is known of it is the subscription that will make it.
            kind, pointer, id = ObjectKind.SUBSCRIPTION, "subscription", _renewed_by(thing)
        return ProviderEvent(
            id=told["id"],
            type=told["type"],
            account=told.get("account") or account,
            livemode=bool(told["livemode"]),
            created_at=datetime.fromtimestamp(told["created"], UTC),
            kind=kind if isinstance(id, str) and id else None,
            object_id=id if isinstance(id, str) else "",
            payload=None if pointer else _payload(told, thing),
            speaks_our_version=told.get("api_version") == API_VERSION,
            is_deletion=told["type"].endswith(".deleted") and "status" not in thing,
        )
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError) as error:
        raise ForgedEvent(f"not an event: {type(error).__name__}") from error


def _renewed_by(invoice: dict[str, Any]) -> Any:
    parent = invoice.get("parent") or {}
    return (parent.get("subscription_details") or {}).get("subscription")


def _kind(type: str, name: str) -> ObjectKind | None:
    """Return what an event is about; of charges only what says that one was refunded."""
    if name == "charge" and type != "charge.refunded":
        return None
    return KINDS.get(name)


def _payload(told: dict[str, Any], thing: dict[str, Any]) -> dict[str, Any]:
    """Return the object; a deletion's shows its last state, so it is marked as deleted."""
    is_gone = told["type"].endswith(".deleted") and thing["object"] != "subscription"
    return {**thing, "deleted": True} if is_gone else thing


def _verify(body: bytes, signature: str, secrets: Sequence[str], now: datetime) -> None:
    for secret in secrets:
        try:
            stripe.WebhookSignature.verify_header(
                body.decode(), signature or "", secret, tolerance=TOLERANCE
            )
        except (stripe.SignatureVerificationError, UnicodeDecodeError, ValueError, IndexError):
            continue
        _refuse_future(signature, now)
        return
    raise ForgedEvent("no secret of this endpoint made this signature")


def _refuse_future(signature: str, now: datetime) -> None:
    stamps = [part[2:] for part in signature.split(",") if part.startswith("t=")]
    if int(stamps[0]) > now.timestamp() + TOLERANCE:
        raise ForgedEvent("the signature is dated ahead")
