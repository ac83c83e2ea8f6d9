"""The Holded contact of a Stripe customer: the one we know, else one that is made once.

Holded has no idempotency key. Before the first try it is seen that no contact has the address or
the tax number; one that has them after a lost answer, and the same name, is the one that was made.
"""

from datetime import datetime, timedelta
from typing import Any

from portal.context import MerchantContext
from portal.db import Unit
from portal.domain.bills import Payer
from portal.domain.counterparts import Problem, ProblemCode, Stuck
from portal.domain.customers import Profile
from portal.domain.errors import GatewayRefused, GatewayUnavailable
from portal.mirror import customers, rows
from portal.services import operations
from portal.services.operations import Verb
from portal.store import operations as operation_rows
from portal.store.customers import CustomerRow
from portal.store.operations import OperationRow

# How long a contact that was sent may still arrive before it counts as never sent.
IN_FLIGHT = timedelta(seconds=20)


def of_payer(at: MerchantContext, customer_id: int, payer: Payer) -> str:
    """Return the contact that a payer's documents are made out to.

    Raises Stuck where contacts have the payer's address or tax number: an equal address is no
    proof, so the merchant says which it is (`holded_contact_id` in the Stripe customer's metadata).
    """
    known = _known(at, customer_id)
    if known:
        return known
    operation = _find_begun(at, customer_id) or _begin(at, customer_id, payer)
    try:
        return operations.perform(at, MAKE, operation)
    except GatewayRefused as refusal:
        raise Stuck(Problem(ProblemCode.REFUSED, str(refusal))) from refusal


def _known(at: MerchantContext, customer_id: int) -> str:
    with at.db.session() as reader:
        row = reader.get_one(CustomerRow, customer_id)
        is_ours = row.holded_account == at.merchant.holded_account
        return row.holded_contact if is_ours else ""


def _find_begun(at: MerchantContext, customer_id: int) -> str:
    with at.db.session() as reader:
        return _begun(reader, customer_id)


def _begun(reader: Unit, customer_id: int) -> str:
    found = operation_rows.list_unanswered_of(reader, customer_id, [MAKE.name])
    return found[0].id if found else ""


def _begin(at: MerchantContext, customer_id: int, payer: Payer) -> str:
    """Commit what will be written, once nobody is there who could be the payer."""
    if not (payer.name or payer.email) or not _traits(payer):
        raise Stuck(Problem(ProblemCode.ANONYMOUS, payer.id))
    proposed = _find_alike(at, payer)
    if proposed:
        ids = ", ".join(sorted(one.id for one in proposed))
        raise Stuck(Problem(ProblemCode.CONTACTS, f"{payer.id}: {ids}"))
    card = customers.find_card(at.db, at.merchant, customer_id)
    language = card.language_or(at.merchant.locale) if card else at.merchant.locale
    with at.db.write() as unit:
        unit.get_one(CustomerRow, customer_id, with_for_update=True)
        return (
            _begun(unit, customer_id)
            or operations.begin(
                unit,
                at,
                MAKE,
                customer_id=customer_id,
                subject=payer.id,
                payer=rows.dump(payer),
                language=language.partition("-")[0],
            ).id
        )


def _send(at: MerchantContext, parameters: dict[str, Any], id: str) -> str:
    payer = rows.load(Payer, parameters["payer"])
    if _was_sent(at, id) and (made := _made(at, payer)):
        return made
    _mark_sent(at, id)
    try:
        return at.invoicing.create_contact(payer, language=parameters["language"])
    except GatewayUnavailable as error:
        if not error.was_sent:
            _unmark(at, id)
        raise


def _look(at: MerchantContext, row: OperationRow) -> str | None:
    return _made(at, rows.load(Payer, row.parameters["payer"])) or None


def _record(unit: Unit, at: MerchantContext, row: OperationRow, contact: str) -> None:
    if row.customer_id is not None:
        customers.join(unit, at.merchant, row.customer_id, contact)


def _made(at: MerchantContext, payer: Payer) -> str:
    """Return the contact that stands there under the payer's name since a try, empty if none."""
    name = payer.name or payer.email
    found = sorted(one.id for one in _find_alike(at, payer) if one.name == name)
    return found[0] if found else ""


def _find_alike(at: MerchantContext, payer: Payer) -> list[Profile]:
    """Return the contacts that have the payer's address or tax number."""
    found = {one.id: one for trait in _traits(payer) for one in at.invoicing.find_contacts(**trait)}
    return list(found.values())


def _traits(payer: Payer) -> list[dict[str, str]]:
    traits = {"email": payer.email, "code": payer.tax_number}
    return [{name: value} for name, value in traits.items() if value]


def _was_sent(at: MerchantContext, id: str) -> bool:
    with at.db.session() as reader:
        return bool(reader.get_one(OperationRow, id).answer.get("sent_at"))


def _mark_sent(at: MerchantContext, id: str) -> None:
    """Commit when it is sent; raises GatewayUnavailable while an earlier one may still arrive."""
    with at.db.write() as unit:
        row = operation_rows.get(unit, id)
        sent_at = row.answer.get("sent_at") if row is not None else ""
        if sent_at and at.now - datetime.fromisoformat(sent_at) < IN_FLIGHT:
            raise GatewayUnavailable("the contact may still be on its way")
        if row is not None:
            row.answer = {**row.answer, "sent_at": at.now.isoformat()}


def _unmark(at: MerchantContext, id: str) -> None:
    with at.db.write() as unit:
        row = operation_rows.get(unit, id)
        if row is not None:
            row.answer = {name: value for name, value in row.answer.items() if name != "sent_at"}


MAKE = Verb("make_contact", _send, _record, look=_look, key_life=None)
VERBS = (MAKE,)
