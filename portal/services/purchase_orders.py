"""The customer's reference on invoices to come: kept here, written on drafts of both systems.

Stripe writes a customer's fields on each new invoice by itself. Holded has no such place, and one
reference may be for the next invoice alone, so drafts are written on as they are told.
"""

from typing import Any

from portal.context import MerchantContext, Visit
from portal.db import Unit
from portal.domain.customers import Origin, Profile
from portal.domain.decisions import Decision, Reason
from portal.domain.errors import GatewayRefused, InvalidInput, NotFound, Refused
from portal.domain.events import ObjectKind
from portal.domain.invoices import Invoice, InvoiceState
from portal.domain.purchase_orders import Span, is_writable, wanted, with_field
from portal.gateways.snapshots import Seen
from portal.mirror import invoices, refresh
from portal.services import operations, receipts
from portal.services.operations import Verb
from portal.services.subscriptions import who
from portal.store import operations as operation_rows
from portal.store import outbox
from portal.store import purchase_orders as rows
from portal.store.operations import OperationRow

# Stripe prints four custom fields at most (docs.stripe.com/invoicing/customize).
MOST_FIELDS = 4


def of_visit(visit: Visit) -> dict[Span, str] | None:
    """Return the references a customer has given, None where the merchant takes none."""
    if not (visit.merchant.rules.purchase_orders and visit.sees_everything):
        return None
    return rows.of_customer(visit.db, visit.merchant, visit.customer.id)


def keep(visit: Visit, span: Span, reference: str) -> None:
    """Let a reference count from now on, and write it on what is not issued yet.

    An empty one takes away what counted. Raises Refused where the merchant takes none,
    InvalidInput (`reference`: unwritable, no_room), and the gateway errors: then nothing changed.
    """
    if of_visit(visit) is None:
        raise Refused(Decision.of(Reason.FEATURE_DISABLED))
    if not is_writable(reference):
        raise InvalidInput("reference", "unwritable")
    if span is Span.ALWAYS and visit.customer.stripe_customer:
        _keep_at_stripe(visit, reference)
        return
    with visit.db.write() as unit:
        _put(unit, visit.at, visit.customer.id, span, reference, who(visit))


def _keep_at_stripe(visit: Visit, reference: str) -> None:
    """Write it where Stripe takes it from for each new invoice, beside the merchant's fields."""
    customer = visit.customer.stripe_customer
    told = refresh.read(visit.at, Origin.STRIPE, ObjectKind.CUSTOMER, customer)
    if not isinstance(told, Profile):
        raise NotFound(f"customer {customer}")
    name = visit.merchant.rules.purchase_order_name
    fields = with_field(told.custom_fields, name, reference)
    if len(fields) > MOST_FIELDS:
        raise InvalidInput("reference", "no_room")
    with visit.db.write() as unit:
        earlier = operation_rows.list_unanswered_of(unit, visit.customer.id, [KEEP.name])
        operations.supersede(unit, visit.at, earlier)
        row = operations.begin(
            unit,
            visit.at,
            KEEP,
            customer_id=visit.customer.id,
            customer=customer,
            fields=fields,
            reference=reference,
            told=who(visit),
        )
    operations.perform(visit.at, KEEP, row.id)


def follow(unit: Unit, at: MerchantContext, told: Invoice) -> None:
    """Have a draft written on that was just told, where its customer has given a reference."""
    is_draft = told.state is InvoiceState.DRAFT and not told.is_note
    if not is_draft or not at.merchant.rules.purchase_orders:
        return
    payer = invoices.payer_of(unit, at.merchant, told.id)
    if payer is not None and rows.of_customer(unit, at.merchant, payer):
        _queue(unit, at, told.origin, told.id, insists=False)


def write(at: MerchantContext, origin: str, invoice: str, insists: bool) -> None:
    """Write the customer's reference on a draft (job), unless the draft has one already.

    `insists` is for what the customer has just asked for: it replaces what stood there.
    """
    if origin == Origin.HOLDED and not at.invoicing.writes_documents:
        return
    told = refresh.read(at, Origin(origin), ObjectKind.INVOICE, invoice)
    if not isinstance(told, Invoice) or told.state is not InvoiceState.DRAFT:
        return
    begun = _begin_writing(at, told, insists=insists)
    if begun is None:
        return
    try:
        operations.perform(at, VERB_OF[told.origin], begun)
    except GatewayRefused:
        # Issued meanwhile, or no draft that can be written on: it comes on the next one.
        return


def _begin_writing(at: MerchantContext, told: Invoice, *, insists: bool) -> str | None:
    name = at.merchant.rules.purchase_order_name
    stands = dict(told.custom_fields).get(name, "")
    with at.db.write() as unit:
        payer = invoices.payer_of(unit, at.merchant, told.id)
        if payer is None or not at.merchant.rules.purchase_orders:
            return None
        given = rows.of_customer(unit, at.merchant, payer)
        always, once = given.get(Span.ALWAYS, ""), given.get(Span.NEXT, "")
        value = wanted(always, once)
        if stands == value:
            _use_up(unit, at, payer, once)
            return None
        if stands and stands != always and not (insists or once):
            return None
        fields = with_field(told.custom_fields, name, value)
        if (not value and not insists) or len(fields) > MOST_FIELDS:
            return None
        row = operations.begin(
            unit,
            at,
            VERB_OF[told.origin],
            customer_id=payer,
            subject=told.id,
            invoice=told.id,
            fields=fields,
            once=once,
        )
        return row.id


def _use_up(unit: Unit, at: MerchantContext, customer_id: int, once: str) -> None:
    """Forget what was for one invoice once it stands on one, unless another was given since."""
    if once and rows.of_customer(unit, at.merchant, customer_id).get(Span.NEXT) == once:
        rows.put(unit, at.merchant, customer_id, Span.NEXT, "", now=at.now)


def _put(
    unit: Unit,
    at: MerchantContext,
    customer_id: int,
    span: Span,
    reference: str,
    told: dict[str, Any],
) -> int:
    rows.put(unit, at.merchant, customer_id, span, reference, now=at.now)
    drafts = invoices.list_drafts(unit, at.merchant, customer_id)
    for origin, invoice in drafts if span is Span.ALWAYS else drafts[:1]:
        _queue(unit, at, origin, invoice, insists=True)
    action = receipts.add_for(
        unit, at, customer_id, "details_changed", **{**told, "changed": ["purchase_order"]}
    )
    return int(action.number)


def _queue(unit: Unit, at: MerchantContext, origin: Origin, invoice: str, *, insists: bool) -> None:
    outbox.add(
        unit,
        "write_purchase_order",
        f"{origin}:{invoice}:{'asked' if insists else 'told'}",
        merchant_id=at.merchant.id,
        now=at.now,
        origin=origin,
        invoice=invoice,
        insists=insists,
    )


def _send_to_customer(at: MerchantContext, told: dict[str, Any], key: str) -> Seen:
    return at.payments.write_custom_fields(
        ObjectKind.CUSTOMER, told["customer"], _pairs(told), key=key
    )


def _send_to_stripe(at: MerchantContext, told: dict[str, Any], key: str) -> Seen:
    return at.payments.write_custom_fields(
        ObjectKind.INVOICE, told["invoice"], _pairs(told), key=key
    )


def _send_to_holded(at: MerchantContext, told: dict[str, Any], key: str) -> Seen:
    return at.invoicing.write_custom_fields(told["invoice"], _pairs(told))


def _pairs(told: dict[str, Any]) -> list[tuple[str, str]]:
    return [(name, value) for name, value in told["fields"]]


def _record_kept(unit: Unit, at: MerchantContext, row: OperationRow, seen: Seen) -> None:
    refresh.save(unit, at.merchant, Origin.STRIPE, [seen], now=at.now)
    if row.customer_id is not None:
        told = row.parameters
        number = _put(unit, at, row.customer_id, Span.ALWAYS, told["reference"], dict(told["told"]))
        row.answer = {**row.answer, "receipt": number}


def _record_written(unit: Unit, at: MerchantContext, row: OperationRow, seen: Seen) -> None:
    origin = Origin.STRIPE if row.verb == WRITE_ON_STRIPE.name else Origin.HOLDED
    refresh.save(unit, at.merchant, origin, [seen], now=at.now)
    if row.customer_id is not None:
        _use_up(unit, at, row.customer_id, row.parameters["once"])


KEEP = Verb("keep_purchase_order", _send_to_customer, _record_kept)
WRITE_ON_STRIPE = Verb("order_on_stripe", _send_to_stripe, _record_written)
# Holded knows no keys; writing the same again changes nothing.
WRITE_ON_HOLDED = Verb("order_on_holded", _send_to_holded, _record_written)
VERB_OF = {Origin.STRIPE: WRITE_ON_STRIPE, Origin.HOLDED: WRITE_ON_HOLDED}
VERBS: tuple[Verb[Any], ...] = (KEEP, WRITE_ON_STRIPE, WRITE_ON_HOLDED)
