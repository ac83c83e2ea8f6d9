"""Changes that wait for their payment: dropped by voiding their invoice, so that the plan stays.

Stripe applies a pending update when its invoice is paid, and forgets it when that is void
(docs.stripe.com/billing/subscriptions/pending-updates).
"""

from contextlib import suppress
from typing import Any

from portal.context import MerchantContext, Visit
from portal.db import Unit
from portal.domain import limits
from portal.domain.customers import Origin
from portal.domain.errors import GatewayError, Refused
from portal.domain.events import ObjectKind
from portal.gateways.snapshots import Seen
from portal.mirror import refresh, subscriptions
from portal.mirror.payment_methods import Wallet
from portal.services import operations, receipts
from portal.services.changes import CHANGE
from portal.services.operations import Verb
from portal.services.subscriptions import hold, name_of, standing_of, who
from portal.store import operations as rows
from portal.store.actions import last_of
from portal.store.operations import OperationRow, OperationState

RECEIPTS = ("change_waits", "change_dropped", "plan_changed")


def drop(visit: Visit, id: str) -> int:
    """Drop a change that waits for its payment, and return the number of the receipt.

    What was dropped already is a success. Raises Refused, with NO_CHANGE_PLANNED where it was paid
    or has run out meanwhile, NotFound, and the gateway errors.
    """
    subscriptions.get(visit, id)
    with operations.only_asking():
        refresh.read(visit.at, Origin.STRIPE, ObjectKind.SUBSCRIPTION, id)
    name = name_of(visit, subscriptions.get(visit, id).subscription)
    with visit.db.write() as unit:
        hold(unit, visit)
        held = subscriptions.get(visit, id, reader=unit)
        row = next(iter(rows.list_unanswered_of(unit, visit.customer.id, [DROP.name], id)), None)
        if row is None:
            decision = limits.may_drop_change(standing_of(visit, held, Wallet()))
            if not decision.is_allowed:
                last = last_of(unit, visit.merchant.id, visit.customer.id, id, RECEIPTS)
                if last is not None and last.verb == "change_dropped":
                    return int(last.number)
                raise Refused(decision)
            row = operations.begin(
                unit,
                visit.at,
                DROP,
                customer_id=visit.customer.id,
                subject=id,
                subscription=id,
                invoice=held.subscription.latest_invoice,
                told={**who(visit), "plan": name},
            )
        operation = row.id
    operations.perform(visit.at, DROP, operation)
    with visit.db.session() as reader:
        return int(reader.get_one(OperationRow, operation).answer.get("receipt", 0))


def _send(at: MerchantContext, told: dict[str, Any], key: str) -> tuple[Seen, ...]:
    """Void the invoice, and read the subscription that has forgotten the change by then."""
    void = at.payments.void_invoice(told["invoice"], key=key)
    # The change is dropped whether or not this is read; its webhook tells it as well.
    with suppress(GatewayError):
        return void, at.payments.fetch(ObjectKind.SUBSCRIPTION, told["subscription"])
    return (void,)


def _record(unit: Unit, at: MerchantContext, row: OperationRow, seen: tuple[Seen, ...]) -> None:
    """Write that the change is over, so that nobody is told that its invoice was not paid."""
    refresh.save(unit, at.merchant, Origin.STRIPE, seen, now=at.now)
    for waiting in rows.list_waiting(unit, at.merchant, CHANGE.name, [row.subject]):
        waiting.state = OperationState.REFUSED
    if row.customer_id is not None:
        told = row.parameters["told"]
        receipt = receipts.add_for(
            unit, at, row.customer_id, "change_dropped", subject=row.subject, **told
        )
        row.answer = {**row.answer, "receipt": receipt.number}


DROP = Verb("drop_change", _send, _record)
VERBS: tuple[Verb[Any], ...] = (DROP,)
