"""Changes that wait for the end of the period: planned at Stripe by a schedule, and undone."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from portal.context import MerchantContext, Visit
from portal.db import Unit
from portal.domain import limits
from portal.domain.customers import Origin
from portal.domain.errors import Refused
from portal.domain.events import ObjectKind
from portal.domain.subscriptions import Schedule, Subscription
from portal.gateways.snapshots import Seen
from portal.mirror import refresh, subscriptions
from portal.mirror.payment_methods import Wallet
from portal.services import operations, receipts
from portal.services.operations import Verb
from portal.services.quotes import stripes_time, thawed
from portal.services.subscriptions import hold, name_of, standing_of, who
from portal.store import operations as rows
from portal.store.actions import last_of
from portal.store.operations import OperationRow

# How long after its quote a change may still be sent for the first time.
WORTH_SENDING = timedelta(hours=1)
RECEIPTS = ("change_planned", "change_undone")


def undo(visit: Visit, id: str) -> int:
    """Undo a planned change and return the number of the receipt.

    What was undone already is a success. Raises Refused, with NO_CHANGE_PLANNED where the change
    has begun meanwhile, NotFound, and the gateway errors.
    """
    at = _read_afresh(visit, id)
    name = name_of(visit, subscriptions.get(visit, id).subscription)
    with visit.db.write() as unit:
        hold(unit, visit)
        held = subscriptions.get(visit, id, reader=unit)
        row = next(iter(rows.list_unanswered_of(unit, visit.customer.id, [UNDO.name], id)), None)
        if row is None:
            standing = replace(standing_of(visit, held, Wallet()), now=at)
            decision = limits.may_undo_change(standing)
            if not decision.is_allowed:
                last = last_of(unit, visit.merchant.id, visit.customer.id, id, RECEIPTS)
                if last is not None and last.verb == "change_undone":
                    return int(last.number)
                raise Refused(decision)
            schedule = held.schedule.id if held.schedule else ""
            row = operations.begin(
                unit,
                visit.at,
                UNDO,
                customer_id=visit.customer.id,
                subject=id,
                schedule=schedule,
                told={**who(visit), "plan": name},
            )
        operation = row.id
    operations.perform(visit.at, UNDO, operation)
    with visit.db.session() as reader:
        return int(reader.get_one(OperationRow, operation).answer.get("receipt", 0))


def own_planned(visit: Visit, schedule: Schedule | None) -> str:
    """Return the id of the schedule whose change its customer planned and that has not begun."""
    is_planned = schedule is not None and schedule.is_own and schedule.pending(visit.now)
    return schedule.id if schedule is not None and is_planned else ""


def is_wanted(at: MerchantContext, row: OperationRow) -> bool:
    """Say whether a change may still be sent: its sums hold for an hour, and nobody has left."""
    change = thawed(row.parameters)
    seen = at.payments.fetch(ObjectKind.SUBSCRIPTION, change.subscription)
    told = seen.snapshot
    goes_on = isinstance(told, Subscription) and not (told.is_cancelling or told.is_ended)
    return goes_on and seen.at - change.proration_date <= WORTH_SENDING


def _read_afresh(visit: Visit, id: str) -> datetime:
    """Bring a subscription and its schedule up to date, and return what time it is for Stripe.

    The change may have begun meanwhile.
    """
    held = subscriptions.get(visit, id)
    if held.schedule is None:
        return visit.now
    with operations.only_asking():
        refresh.read(visit.at, Origin.STRIPE, ObjectKind.SCHEDULE, held.schedule.id)
        return stripes_time(visit, id)


def _send_plan(at: MerchantContext, told: dict[str, Any], key: str) -> tuple[Seen, ...]:
    return at.payments.schedule_change(thawed(told), key=key)


def _record_plan(
    unit: Unit, at: MerchantContext, row: OperationRow, seen: tuple[Seen, ...]
) -> None:
    _record(unit, at, row, seen, "change_planned")


def _look_for_plan(at: MerchantContext, row: OperationRow) -> tuple[Seen, ...] | None:
    """Say whether a change was planned, by the schedule that the subscription has."""
    change = thawed(row.parameters)
    seen = at.payments.fetch(ObjectKind.SUBSCRIPTION, change.subscription)
    schedule = seen.snapshot.schedule if isinstance(seen.snapshot, Subscription) else ""
    if not schedule:
        return None
    planned = at.payments.fetch(ObjectKind.SCHEDULE, schedule)
    is_it = isinstance(planned.snapshot, Schedule) and any(
        (change.price, change.quantity) in phase.items for phase in planned.snapshot.phases
    )
    return (seen, planned) if is_it else None


def _send_undo(at: MerchantContext, told: dict[str, Any], key: str) -> tuple[Seen, ...]:
    return (at.payments.release_schedule(told["schedule"], key=key),)


def _record_undo(
    unit: Unit, at: MerchantContext, row: OperationRow, seen: tuple[Seen, ...]
) -> None:
    _record(unit, at, row, seen, "change_undone")


def _record(
    unit: Unit, at: MerchantContext, row: OperationRow, seen: tuple[Seen, ...], verb: str
) -> None:
    refresh.save(unit, at.merchant, Origin.STRIPE, seen, now=at.now)
    if row.customer_id is not None:
        told = row.parameters["told"]
        receipt = receipts.add_for(unit, at, row.customer_id, verb, subject=row.subject, **told)
        row.answer = {**row.answer, "receipt": receipt.number}


PLAN = Verb("plan_change", _send_plan, _record_plan, is_wanted=is_wanted, look=_look_for_plan)
UNDO = Verb("undo_change", _send_undo, _record_undo)
VERBS: tuple[Verb[Any], ...] = (PLAN, UNDO)
