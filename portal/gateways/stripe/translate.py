"""Stripe's JSON into our snapshots, field by field, once, at the door.

Every function takes the plain dict of an object of API version 2026-10-28.endive.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from portal.domain.catalogue import Coupon, Price, Product, TaxBehavior
from portal.domain.configurations import OfferedProduct, PortalConfiguration
from portal.domain.customers import Address, Origin, Profile, TaxId
from portal.domain.disputes import Dispute, DisputeState
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice, InvoiceKind, InvoiceLine, InvoiceState
from portal.domain.mandates import Mandate, MandateStatus
from portal.domain.method_offers import MethodSettings
from portal.domain.money import Money
from portal.domain.payment_methods import PaymentMethod
from portal.domain.payments import (
    CheckoutMode,
    CheckoutSession,
    CheckoutState,
    Intent,
    IntentState,
)
from portal.domain.reconciliation import Taken
from portal.domain.refunds import Refund, RefundState
from portal.domain.subscriptions import (
    Discount,
    PhaseChange,
    Schedule,
    Subscription,
    SubscriptionItem,
    SubscriptionStatus,
)
from portal.gateways.snapshots import Gone, Snapshot

# Where we note on a subscription that is paused here until when it is, in seconds since the epoch.
PAUSED_UNTIL = "portal_paused_until"

Json = Mapping[str, Any]


def moment(seconds: int | None) -> datetime | None:
    """Turn Stripe's unix seconds into aware UTC."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def day(seconds: int | None) -> date | None:
    """Turn unix seconds into the UTC day, which is how Stripe dates invoices."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).date()


def ref(value: Any) -> str:
    """Return the id of a reference, expanded or not; empty for null."""
    if value is None:
        return ""
    return str(value["id"]) if isinstance(value, Mapping) else str(value)


def text(value: Any) -> str:
    """Return a nullable text."""
    return "" if value is None else str(value)


def customer(body: Json) -> Profile | Gone:
    """`customer`; a deleted one has no more than its id."""
    if body.get("deleted"):
        return Gone(ObjectKind.CUSTOMER, body["id"])
    shipping = body.get("shipping") or {}
    metadata = body.get("metadata") or {}
    return Profile(
        origin=Origin.STRIPE,
        id=body["id"],
        name=text(body.get("name")),
        email=text(body.get("email")),
        phone=text(body.get("phone")),
        address=address(body.get("address")),
        shipping_name=text(shipping.get("name")),
        shipping=address(shipping.get("address")),
        tax_ids=tuple(tax_id(row) for row in (body.get("tax_ids") or {}).get("data", ())),
        locales=tuple(body.get("preferred_locales") or ()),
        currency=text(body.get("currency")),
        balance=int(body.get("balance") or 0),
        default_payment_method=ref(
            (body.get("invoice_settings") or {}).get("default_payment_method")
        ),
        custom_fields=custom_fields((body.get("invoice_settings") or {}).get("custom_fields")),
        holded_contact=text(metadata.get("holded_contact_id")),
        created_at=moment(body.get("created")),
    )


def address(body: Json | None) -> Address:
    """An address hash, or null."""
    if not body:
        return Address()
    return Address(
        line1=text(body.get("line1")),
        line2=text(body.get("line2")),
        city=text(body.get("city")),
        postal_code=text(body.get("postal_code")),
        state=text(body.get("state")),
        country=text(body.get("country")),
    )


def tax_id(body: Json) -> TaxId:
    """`tax_id`."""
    verification = body.get("verification") or {}
    return TaxId(
        id=body["id"],
        type=body["type"],
        value=body["value"],
        verification=text(verification.get("status")),
    )


def product(body: Json) -> Product | Gone:
    """`product`."""
    if body.get("deleted"):
        return Gone(ObjectKind.PRODUCT, body["id"])
    return Product(
        id=body["id"],
        name=text(body.get("name")),
        description=text(body.get("description")),
        is_active=bool(body.get("active")),
        features=tuple(text(row.get("name")) for row in body.get("marketing_features") or ()),
        default_price=ref(body.get("default_price")),
    )


def price(body: Json) -> Price | Gone:
    """`price`; a tiered one has no unit amount."""
    if body.get("deleted"):
        return Gone(ObjectKind.PRICE, body["id"])
    recurring = body.get("recurring") or {}
    options = body.get("currency_options") or {}
    return Price(
        id=body["id"],
        product=ref(body.get("product")),
        currency=body["currency"],
        unit_amount=body.get("unit_amount"),
        interval=text(recurring.get("interval")),
        interval_count=int(recurring.get("interval_count") or 1),
        usage_type=text(recurring.get("usage_type")) or "licensed",
        tax_behavior=TaxBehavior(body.get("tax_behavior") or "unspecified"),
        is_active=bool(body.get("active")),
        nickname=text(body.get("nickname")),
        currency_options=tuple(
            (code, row["unit_amount"])
            for code, row in options.items()
            if row.get("unit_amount") is not None
        ),
    )


def coupon(body: Json) -> Coupon | Gone:
    """`coupon`; percents have at most two decimals."""
    if body.get("deleted"):
        return Gone(ObjectKind.COUPON, body["id"])
    percent = body.get("percent_off")
    return Coupon(
        id=body["id"],
        name=text(body.get("name")),
        duration=body["duration"],
        percent_off=None if percent is None else int(Decimal(str(percent)) * 100),
        amount_off=body.get("amount_off"),
        currency=text(body.get("currency")),
        duration_in_months=body.get("duration_in_months"),
        is_valid=bool(body.get("valid")),
        redeem_by=moment(body.get("redeem_by")),
        max_redemptions=body.get("max_redemptions"),
        times_redeemed=int(body.get("times_redeemed") or 0),
        products=tuple((body.get("applies_to") or {}).get("products") or ()),
    )


def subscription(body: Json) -> Subscription:
    """`subscription`; its billing period sits on the items, its discounts may be ids."""
    items = body["items"]
    pause = body.get("pause_collection") or {}
    pending = body.get("pending_update") or {}
    return Subscription(
        id=body["id"],
        customer=ref(body["customer"]),
        status=SubscriptionStatus(body["status"]),
        currency=body["currency"],
        items=tuple(_item(row) for row in items["data"]),
        has_more_items=bool(items.get("has_more")),
        collection_method=text(body.get("collection_method")),
        billing_mode=text((body.get("billing_mode") or {}).get("type")) or "classic",
        default_payment_method=ref(body.get("default_payment_method")),
        default_source=ref(body.get("default_source")),
        cancel_at_period_end=bool(body.get("cancel_at_period_end")),
        cancel_at=moment(body.get("cancel_at")),
        canceled_at=moment(body.get("canceled_at")),
        ended_at=moment(body.get("ended_at")),
        trial_end=moment(body.get("trial_end")),
        schedule=ref(body.get("schedule")),
        discounts=tuple(_discount(row) for row in body.get("discounts") or ()),
        pending_update_expires_at=moment(pending.get("expires_at")),
        pending_items=tuple(
            (ref(row["price"]), int(row.get("quantity") or 0))
            for row in pending.get("subscription_items") or ()
        ),
        latest_invoice=ref(body.get("latest_invoice")),
        paused_by_collection=bool(pause),
        resumes_at=moment(pause.get("resumes_at")) or _pause_end(body),
        description=text(body.get("description")),
        created_at=moment(body.get("created")),
    )


def _pause_end(body: Json) -> datetime | None:
    """Return when a pause that was made here ends, as we noted it on the subscription.

    A note from before the pause began is of an earlier one.
    """
    until = text((body.get("metadata") or {}).get(PAUSED_UNTIL))
    paused = (body.get("status_details") or {}).get("paused") or {}
    if body["status"] != SubscriptionStatus.PAUSED or not re.fullmatch("[0-9]{1,11}", until):
        return None
    return moment(int(until)) if int(until) > int(paused.get("transitioned_at") or 0) else None


def _item(body: Json) -> SubscriptionItem:
    priced = price(body["price"])
    if isinstance(priced, Gone):
        raise ValueError(f"item {body['id']} has a deleted price")
    return SubscriptionItem(
        id=body["id"],
        price=priced,
        quantity=int(body.get("quantity") or 0),
        period_start=moment(body.get("current_period_start")),
        period_end=moment(body.get("current_period_end")),
    )


def _discount(body: Any) -> Discount:
    if not isinstance(body, Mapping):
        return Discount(id=str(body), coupon="")
    return Discount(
        id=body["id"],
        coupon=ref((body.get("source") or {}).get("coupon")),
        ends_at=moment(body.get("end")),
    )


# What is written on a schedule that a customer planned here.
PLANNED_BY, CUSTOMER = "planned_by", "customer"


def schedule(body: Json) -> Schedule:
    """`subscription_schedule`."""
    return Schedule(
        id=body["id"],
        subscription=ref(body.get("subscription")) or text(body.get("released_subscription")),
        status=body["status"],
        phases=tuple(
            PhaseChange(
                starts_at=datetime.fromtimestamp(phase["start_date"], UTC),
                items=tuple(
                    (ref(item["price"]), int(item.get("quantity") or 0)) for item in phase["items"]
                ),
            )
            for phase in body.get("phases") or ()
        ),
        is_own=(body.get("metadata") or {}).get(PLANNED_BY) == CUSTOMER,
    )


def invoice(body: Json) -> Invoice | Gone:
    """`invoice`; what a paid one still owes is nothing, and its default intent may not be told."""
    if body.get("deleted"):
        return Gone(ObjectKind.INVOICE, body["id"])
    currency = body["currency"]
    parent = (body.get("parent") or {}).get("subscription_details") or {}
    transitions = body.get("status_transitions") or {}
    settings = body.get("payment_settings") or {}
    finalized = transitions.get("finalized_at") or body.get("effective_at")
    lines = tuple(_line(row, currency) for row in (body.get("lines") or {}).get("data", ()))
    due = int(body.get("amount_remaining") or 0)
    is_owed = body["status"] in {"open", "uncollectible"}
    return Invoice(
        origin=Origin.STRIPE,
        id=body["id"],
        customer=ref(body.get("customer")),
        number=text(body.get("number")),
        kind=InvoiceKind.INVOICE,
        state=InvoiceState(body["status"]),
        currency=currency,
        total=int(body.get("total") or 0),
        due=due if is_owed else 0,
        paid=int(body.get("amount_paid") or 0),
        tax=sum(int(row.get("amount") or 0) for row in body.get("total_taxes") or ()),
        subtotal=int(body.get("subtotal") or 0),
        issued_on=day(finalized or body.get("created")),
        due_on=day(body.get("due_date")) or day(finalized),
        description=text(body.get("description")) or (lines[0].text if lines else ""),
        lines=lines,
        subscription=ref(parent.get("subscription")),
        intent=_default_intent(body),
        hosted_url=text(body.get("hosted_invoice_url")),
        pdf_url=text(body.get("invoice_pdf")),
        collection_method=text(body.get("collection_method")),
        created_at=moment(body.get("created")),
        paid_on=day(transitions.get("paid_at")),
        method_types=tuple(settings.get("payment_method_types") or ()),
        custom_fields=custom_fields(body.get("custom_fields")),
        credited=int(body.get("pre_payment_credit_notes_amount") or 0)
        + int(body.get("post_payment_credit_notes_amount") or 0),
    )


def custom_fields(body: Sequence[Json] | None) -> tuple[tuple[str, str], ...]:
    """`custom_fields` of an invoice or of a customer's `invoice_settings`, or null."""
    return tuple((text(row.get("name")), text(row.get("value"))) for row in body or ())


def _line(body: Json, currency: str) -> InvoiceLine:
    quantity = body.get("quantity")
    return InvoiceLine(
        text=text(body.get("description")),
        amount=Money(int(body.get("amount") or 0), currency),
        quantity="" if quantity is None else str(quantity),
    )


def _default_intent(body: Json) -> str:
    payments = (body.get("payments") or {}).get("data", ())
    for row in payments:
        if row.get("is_default"):
            return ref((row.get("payment") or {}).get("payment_intent"))
    return ""


def credit_note(body: Json) -> Invoice:
    """`credit_note`, which people see as a document beside the invoice it corrects."""
    currency = body["currency"]
    is_void = body.get("status") == "void"
    return Invoice(
        origin=Origin.STRIPE,
        id=body["id"],
        customer=ref(body.get("customer")),
        number=text(body.get("number")),
        kind=InvoiceKind.CREDIT_NOTE,
        state=InvoiceState.VOID if is_void else InvoiceState.PAID,
        currency=currency,
        total=-int(body.get("total") or 0),
        due=0,
        subtotal=-int(body.get("subtotal") or 0),
        issued_on=day(body.get("effective_at") or body.get("created")),
        description=text(body.get("memo")),
        lines=tuple(_line(row, currency) for row in (body.get("lines") or {}).get("data", ())),
        pdf_url=text(body.get("pdf")),
        corrects=ref(body.get("invoice")),
        created_at=moment(body.get("created")),
    )


def payment_method(body: Json) -> PaymentMethod:
    """`payment_method`: brand, last four digits and expiry, and never more of a card."""
    kind = body["type"]
    details = body.get(kind) or {}
    billing = body.get("billing_details") or {}
    return PaymentMethod(
        id=body["id"],
        customer=ref(body.get("customer")),
        type=kind,
        brand=text(details.get("display_brand") or details.get("brand")),
        last4=text(details.get("last4")),
        exp_month=int(details.get("exp_month") or 0),
        exp_year=int(details.get("exp_year") or 0),
        bank=text(details.get("bank_name")),
        email=text(details.get("email") or details.get("payer_email") or billing.get("email")),
        country=text(details.get("country")),
        is_detached=not body.get("customer"),
    )


def mandate(body: Json) -> Mandate:
    """`mandate`, with the `account` it was given to.

    Bacs tells the creditor on the mandate itself, SEPA its identifier among the settings of the
    account; the other schemes tell neither.
    """
    given = body.get("customer_acceptance") or {}
    details = body["payment_method_details"]
    kind = details["type"]
    told = details.get(kind) or {}
    settings = (body.get("account") or {}).get("settings") or {}
    sepa = (settings.get("sepa_debit_payments") or {}) if kind == "sepa_debit" else {}
    return Mandate(
        id=body["id"],
        method=ref(body["payment_method"]),
        type=kind,
        status=MandateStatus(body["status"]),
        is_single_use=body.get("type") == "single_use",
        reference=text(told.get("reference")),
        creditor=text(told.get("display_name")),
        creditor_id=text(told.get("service_user_number") or sepa.get("creditor_id")),
        accepted_at=moment(given.get("accepted_at")),
        url=text(told.get("url")),
        revoked_because=text(told.get("revocation_reason")),
    )


def mandate_of_charges(method: str, intents: Iterable[Json]) -> str:
    """Return the mandate that a method's latest charge names, of intents that show theirs."""
    for row in intents:
        charge = row.get("latest_charge") or {}
        mandate = _debit(charge).get("mandate")
        if charge.get("payment_method") == method and mandate:
            return ref(mandate)
    return ""


def refund(body: Json) -> Refund:
    """`refund`; one without a state is on its way."""
    return Refund(
        id=body["id"],
        charge=ref(body.get("charge")),
        intent=ref(body.get("payment_intent")),
        amount=int(body["amount"]),
        currency=body["currency"],
        state=RefundState(body.get("status") or "pending"),
        reason=text(body.get("reason")),
        created_at=moment(body.get("created")),
    )


def dispute(body: Json) -> Dispute:
    """`dispute`."""
    return Dispute(
        id=body["id"],
        charge=ref(body.get("charge")),
        intent=ref(body.get("payment_intent")),
        amount=int(body["amount"]),
        currency=body["currency"],
        state=DisputeState(body["status"]),
        created_at=moment(body.get("created")),
    )


# Where each kind of next action says that the customer must go.
NEXT_URLS: Mapping[str, tuple[str, ...]] = {
    "redirect_to_url": ("url",),
    "alipay_handle_redirect": ("url",),
    "cashapp_handle_redirect_or_display_qr_code": ("hosted_instructions_url",),
    "pix_display_qr_code": ("hosted_instructions_url",),
    "promptpay_display_qr_code": ("hosted_instructions_url",),
    "swish_handle_redirect_or_display_qr_code": ("hosted_instructions_url",),
    "wechat_pay_display_qr_code": ("hosted_instructions_url",),
    "boleto_display_details": ("hosted_voucher_url",),
    "konbini_display_details": ("hosted_voucher_url",),
    "multibanco_display_details": ("hosted_voucher_url",),
    "oxxo_display_details": ("hosted_voucher_url",),
    "verify_with_microdeposits": ("hosted_verification_url",),
}


def intent(body: Json) -> Intent:
    """`payment_intent`."""
    action = body.get("next_action") or {}
    kind = text(action.get("type"))
    shown = action.get(kind) or {}
    error = body.get("last_payment_error") or {}
    refused = error.get("payment_method") or {}
    method = body.get("payment_method")
    expires = shown.get("expires_at")
    debit = _debit(body.get("latest_charge"))
    expires = shown.get("expires_at") or shown.get("expires_after")
    return Intent(
        id=body["id"],
        state=IntentState(body["status"]),
        amount=int(body["amount"]),
        currency=body["currency"],
        customer=ref(body.get("customer")),
        payment=text((body.get("metadata") or {}).get("payment")),
        payment_method=ref(method),
        method_type=method["type"] if isinstance(method, Mapping) else "",
        next_url=next(
            (text(shown[name]) for name in NEXT_URLS.get(kind, ()) if shown.get(name)), ""
        ),
        next_action=kind,
        error_code=text(error.get("code")),
        decline_code=text(error.get("decline_code")),
        charge=ref(body.get("latest_charge")),
        voucher_expires_at=moment(expires) if isinstance(expires, int) else None,
        voucher_number=text(shown.get("number")),
        voucher_pdf=text(shown.get("pdf")),
        failed_method=text(refused.get("id")),
        failed_type=text(refused.get("type")),
        failed_charge=ref(error.get("charge")),
        mandate=ref(debit.get("mandate")),
        debit_on=_iso_day(debit.get("expected_debit_date")),
        created_at=moment(body.get("created")),
    )


def taken(body: Json) -> Taken:
    """`payment_intent` as the money sees it, with its `latest_charge` and that one's refunds."""
    metadata = body.get("metadata") or {}
    charge = body.get("latest_charge")
    charge = charge if isinstance(charge, Mapping) else {}
    refunds = tuple(row["id"] for row in (charge.get("refunds") or {}).get("data", ()))
    return Taken(
        intent=body["id"],
        state=IntentState(body["status"]),
        currency=body["currency"],
        amount=int(body.get("amount_received") or 0),
        refunded=int(charge.get("amount_refunded") or 0),
        payment=text(metadata.get("payment")),
        # More than fit end with an ellipsis.
        invoices=tuple(filter(None, text(metadata.get("invoice")).rstrip("…").split(","))),
        names=tuple(filter(None, (body["id"], charge.get("id"), *refunds))),
        refunds=refunds,
    )


def _debit(charge: Any) -> Json:
    """Return what a charge tells of its method; nothing where it is not expanded."""
    details = charge.get("payment_method_details") or {} if isinstance(charge, Mapping) else {}
    told: Json = details.get(details.get("type")) or {}
    return told


def _iso_day(value: Any) -> date | None:
    return date.fromisoformat(value) if value else None


def checkout_session(body: Json) -> CheckoutSession:
    """`checkout.session`; a setup's method is told only where its setup intent is expanded."""
    metadata = body.get("metadata") or {}
    setup = body.get("setup_intent")
    return CheckoutSession(
        id=body["id"],
        mode=CheckoutMode(body["mode"]),
        state=CheckoutState(body.get("status") or "open"),
        payment_status=text(body.get("payment_status")),
        url=text(body.get("url")),
        customer=ref(body.get("customer")),
        intent=ref(body.get("payment_intent")),
        setup_intent=ref(setup),
        payment_method=ref(setup.get("payment_method")) if isinstance(setup, Mapping) else "",
        payment=text(metadata.get("payment")),
        operation=text(metadata.get("operation")),
        expires_at=moment(body.get("expires_at")),
        created_at=moment(body.get("created")),
    )


def method_settings(body: Json) -> MethodSettings:
    """`payment_method_configuration`; one of a Connect application is never the account's own."""
    kinds = {name: one for name, one in body.items() if isinstance(one, Mapping)}
    return MethodSettings(
        id=body["id"],
        is_current=bool(body["is_default"] and body["active"] and not body.get("application")),
        turned_off=frozenset(
            name
            for name, one in kinds.items()
            if "available" in one
            and not (one["available"] and one["display_preference"]["value"] == "on")
        ),
    )


def configuration(body: Json) -> PortalConfiguration:
    """`billing_portal.configuration`; its products are told only where expanded."""
    features = body["features"]
    cancel = features["subscription_cancel"]
    update = features["subscription_update"]
    reason = cancel.get("cancellation_reason") or {}
    profile = body.get("business_profile") or {}
    deferred = (update.get("schedule_at_period_end") or {}).get("conditions") or ()
    return PortalConfiguration(
        id=body["id"],
        is_default=bool(body.get("is_default")),
        is_active=bool(body.get("active")),
        customer_update=bool(features["customer_update"]["enabled"]),
        customer_updates=frozenset(features["customer_update"].get("allowed_updates") or ()),
        invoice_history=bool(features["invoice_history"]["enabled"]),
        payment_method_update=bool(features["payment_method_update"]["enabled"]),
        subscription_cancel=bool(cancel["enabled"]),
        cancel_mode=text(cancel.get("mode")) or "at_period_end",
        cancel_proration=text(cancel.get("proration_behavior")) or "none",
        cancellation_reason=bool(reason.get("enabled")),
        cancellation_options=tuple(reason.get("options") or ()),
        subscription_update=bool(update["enabled"]),
        subscription_updates=frozenset(update.get("default_allowed_updates") or ()),
        products=tuple(_offered(row) for row in update.get("products") or ()),
        proration_behavior=text(update.get("proration_behavior")) or "none",
        billing_cycle_anchor=text(update.get("billing_cycle_anchor")) or "unchanged",
        trial_update_behavior=text(update.get("trial_update_behavior")) or "end_trial",
        schedule_conditions=frozenset(row["type"] for row in deferred),
        privacy_policy_url=text(profile.get("privacy_policy_url")),
        terms_of_service_url=text(profile.get("terms_of_service_url")),
        headline=text(profile.get("headline")),
        default_return_url=text(body.get("default_return_url")),
    )


def _offered(body: Json) -> OfferedProduct:
    adjustable = body.get("adjustable_quantity") or {}
    return OfferedProduct(
        product=ref(body["product"]),
        prices=tuple(ref(row) for row in body.get("prices") or ()),
        quantity_adjustable=bool(adjustable.get("enabled")),
        quantity_minimum=int(adjustable.get("minimum") or 1),
        quantity_maximum=adjustable.get("maximum"),
    )


TRANSLATORS: Mapping[ObjectKind, Callable[[Json], Snapshot]] = {
    ObjectKind.CUSTOMER: customer,
    ObjectKind.SUBSCRIPTION: subscription,
    ObjectKind.SCHEDULE: schedule,
    ObjectKind.INVOICE: invoice,
    ObjectKind.CREDIT_NOTE: credit_note,
    ObjectKind.PAYMENT_INTENT: intent,
    ObjectKind.CHECKOUT_SESSION: checkout_session,
    ObjectKind.PAYMENT_METHOD: payment_method,
    ObjectKind.MANDATE: mandate,
    ObjectKind.REFUND: refund,
    ObjectKind.DISPUTE: dispute,
    ObjectKind.PRODUCT: product,
    ObjectKind.PRICE: price,
    ObjectKind.COUPON: coupon,
    ObjectKind.CONFIGURATION: configuration,
    ObjectKind.METHOD_SETTINGS: method_settings,
}


def _hides_its_method(body: Json) -> bool:
    """Whether a payment made here names its method by id only, whose kind pages tell."""
    is_made_here = bool((body.get("metadata") or {}).get("payment"))
    is_under_way = body["status"] in {"requires_action", "processing", "succeeded"}
    return is_made_here and is_under_way and isinstance(body.get("payment_method"), str)


def has_gaps(kind: ObjectKind, body: Json) -> bool:
    """Say whether an event's payload leaves out something that only a read tells.

    Lists that go on, discounts given by id, the tax ids of a customer, the products a configuration
    offers, the method a setup saved, who a mandate was given to, and the voucher or bank page of an
    intent are such.
    offers, the method a setup saved, and the kind of method a payment is made with are such.
    """
    match kind:
        case ObjectKind.CUSTOMER:
            return "tax_ids" not in body and not body.get("deleted")
        case ObjectKind.SUBSCRIPTION:
            unread = any(not isinstance(row, Mapping) for row in body.get("discounts") or ())
            return unread or bool(body["items"].get("has_more"))
        case ObjectKind.INVOICE:
            return bool((body.get("lines") or {}).get("has_more"))
        case ObjectKind.CONFIGURATION:
            return "products" not in body["features"]["subscription_update"]
        case ObjectKind.CHECKOUT_SESSION:
            return body["mode"] == "setup" and body.get("status") == "complete"
        case ObjectKind.MANDATE:
            return True
        case ObjectKind.PAYMENT_INTENT:
            return _hides_its_method(body)
        case ObjectKind.COUPON:
            return "applies_to" not in body and not body.get("deleted")
        case ObjectKind.PRICE:
            return "currency_options" not in body and not body.get("deleted")
        case _:
            return False
