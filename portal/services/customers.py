"""What customers change of their own data; only what changed is written to Stripe."""

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from portal.context import MerchantContext, Visit
from portal.db import Unit
from portal.domain.customers import Address, Origin, Profile, canonical_email, editable
from portal.domain.decisions import Decision, Reason
from portal.domain.errors import InvalidInput, NotFound, Refused
from portal.domain.tax_ids import MOST, TYPES
from portal.gateways.snapshots import Seen
from portal.mirror import configurations, customers, payment_methods, refresh
from portal.services import operations, receipts
from portal.services.operations import Verb
from portal.services.subscriptions import who
from portal.store import customers as store_customers
from portal.store import operations as rows
from portal.store.operations import OperationRow, OperationState

PLAIN = ("name", "email", "phone")


def may_edit(visit: Visit, *, proved_by_email: bool) -> frozenset[str]:
    """Return what the visit's customer may change here; nothing for who is not at Stripe."""
    if not visit.customer.stripe_customer:
        return frozenset()
    configuration = configurations.current(visit.db, visit.merchant)
    return editable(configuration, proved_by_email=proved_by_email)


def update(visit: Visit, wanted: Mapping[str, Any], *, proved_by_email: bool) -> int:
    """Write the fields that changed; returns the number of the receipt, 0 if nothing changed.

    `wanted` holds name, email, phone as text and address as Address. Raises Refused for a field
    that is not open to the customer, and the gateway errors, whose `param` names the field.
    """
    profile = _profile(visit)
    changed = {name: value for name, value in wanted.items() if value != getattr(profile, name)}
    if not changed:
        return 0
    if not changed.keys() <= may_edit(visit, proved_by_email=proved_by_email):
        raise Refused(Decision.of(Reason.FEATURE_DISABLED))
    fields = {
        name: asdict(value) if isinstance(value, Address) else value
        for name, value in changed.items()
    }
    return _perform(visit, UPDATE, changed=sorted(changed), fields=fields)


def add_tax_id(visit: Visit, type: str, value: str, *, proved_by_email: bool) -> int:
    """Add a tax id and return the number of the receipt; raises InvalidInput and Refused."""
    profile = _profile(visit)
    if type not in TYPES:
        raise InvalidInput("type", "unknown")
    if len(profile.tax_ids) >= MOST:
        raise InvalidInput("value", "too_many")
    if any((known.type, known.value) == (type, value) for known in profile.tax_ids):
        raise InvalidInput("value", "known")
    _refuse_unless_open(visit, proved_by_email=proved_by_email)
    return _perform(visit, ADD_TAX_ID, changed=["tax_id"], type=type, value=value)


def remove_tax_id(visit: Visit, id: str, *, proved_by_email: bool) -> int:
    """Remove a tax id and return the number of the receipt; raises NotFound and Refused."""
    if all(known.id != id for known in _profile(visit).tax_ids):
        raise NotFound(f"tax id {id}")
    _refuse_unless_open(visit, proved_by_email=proved_by_email)
    return _perform(visit, REMOVE_TAX_ID, changed=["tax_id"], tax_id=id)


def choose_locale(visit: Visit, tag: str) -> None:
    """Remember the language the customer chose, for pages on every device and for mails."""
    with visit.db.write() as unit:
        store_customers.choose_locale(unit, visit.customer.id, tag)


def have_at_stripe(at: MerchantContext, customer_id: int) -> None:
    """Make a Stripe customer, once, of a payer that only Holded knows: methods are kept for it.

    Not where Stripe has one of the same address that the merchant has not joined: that may be the
    same payer. Raises the gateway errors.
    """
    card = customers.find_card(at.db, at.merchant, customer_id)
    if card is None or card.stripe_customer or not card.holded_contact:
        return
    same = customers.list_by_email(at.db, at.merchant, canonical_email(card.address))
    if card.address and any(other.stripe_customer for other in same):
        return
    with at.db.write() as unit:
        row = rows.find_last(unit, customer_id, MAKE.name, card.holded_contact)
        is_new = row is None or row.state == OperationState.REFUSED
        if is_new:
            row = operations.begin(
                unit,
                at,
                MAKE,
                customer_id=customer_id,
                subject=card.holded_contact,
                name=card.name,
                email=card.address,
            )
    if row is not None and is_new:
        operations.perform(at, MAKE, row.id)
    elif row is not None:
        operations.resolve(at, {MAKE.name: MAKE}, row.id)


def profiles(visit: Visit) -> tuple[Profile | None, Profile | None]:
    """Return what Stripe and what Holded know of the customer."""
    return customers.profiles(visit.db, visit)


def _send_update(at: MerchantContext, told: dict[str, Any], key: str) -> Seen:
    fields = dict(told["fields"])
    if "address" in fields:
        fields["address"] = Address(**fields["address"])
    return at.payments.update_customer(told["customer"], fields, key=key)


def _send_add_tax_id(at: MerchantContext, told: dict[str, Any], key: str) -> Seen:
    return at.payments.add_tax_id(told["customer"], told["type"], told["value"], key=key)


def _send_remove_tax_id(at: MerchantContext, told: dict[str, Any], key: str) -> Seen:
    return at.payments.remove_tax_id(told["customer"], told["tax_id"])


def _send_make(at: MerchantContext, told: dict[str, Any], key: str) -> Seen:
    with at.db.session() as reader:
        contact = reader.get_one(OperationRow, key).subject
    return at.payments.create_customer(
        key=key,
        name=told["name"],
        email=told["email"],
        metadata={"holded_contact_id": contact},
    )


def _is_to_be_made(at: MerchantContext, row: OperationRow) -> bool:
    card = customers.find_card(at.db, at.merchant, row.customer_id or 0)
    return card is not None and not card.stripe_customer


def _record_made(unit: Unit, at: MerchantContext, row: OperationRow, seen: Seen) -> None:
    if isinstance(seen.snapshot, Profile) and row.customer_id is not None:
        store_customers.join_stripe(unit, at.merchant, row.customer_id, seen.snapshot.id)
    refresh.save(unit, at.merchant, Origin.STRIPE, [seen], now=at.now)


def _record(unit: Unit, at: MerchantContext, row: OperationRow, seen: Seen) -> None:
    refresh.save(unit, at.merchant, Origin.STRIPE, [seen], now=at.now)
    if row.customer_id is not None:
        receipt = receipts.add_for(
            unit, at, row.customer_id, "details_changed", **row.parameters["told"]
        )
        row.answer = {**row.answer, "receipt": receipt.number}


UPDATE = Verb("update_details", _send_update, _record)
ADD_TAX_ID = Verb("add_tax_id", _send_add_tax_id, _record)
REMOVE_TAX_ID = Verb("remove_tax_id", _send_remove_tax_id, _record)
MAKE = Verb("make_customer", _send_make, _record_made, is_wanted=_is_to_be_made)
VERBS: tuple[Verb[Any], ...] = (UPDATE, ADD_TAX_ID, REMOVE_TAX_ID, MAKE)


def _perform(visit: Visit, verb: Verb[Seen], *, changed: list[str], **parameters: Any) -> int:
    with visit.db.write() as unit:
        if verb is UPDATE:
            _supersede(unit, visit, parameters["fields"])
        row = operations.begin(
            unit,
            visit.at,
            verb,
            customer_id=visit.customer.id,
            customer=visit.customer.stripe_customer,
            told={**who(visit), "changed": changed},
            **parameters,
        )
    operations.perform(visit.at, verb, row.id)
    with visit.db.session() as reader:
        return int(reader.get_one(OperationRow, row.id).answer.get("receipt", 0))


def _supersede(unit: Unit, visit: Visit, fields: Mapping[str, Any]) -> None:
    """Let nothing that was asked before overwrite these fields later."""
    earlier = rows.list_unanswered_of(unit, visit.customer.id, [UPDATE.name])
    covered = [row for row in earlier if row.parameters["fields"].keys() <= fields.keys()]
    operations.supersede(unit, visit.at, covered)


def _profile(visit: Visit) -> Profile:
    profile = payment_methods.wallet(visit).profile
    if profile is None:
        raise Refused(Decision.of(Reason.FEATURE_DISABLED))
    return profile


def _refuse_unless_open(visit: Visit, *, proved_by_email: bool) -> None:
    if "tax_id" not in may_edit(visit, proved_by_email=proved_by_email):
        raise Refused(Decision.of(Reason.FEATURE_DISABLED))
