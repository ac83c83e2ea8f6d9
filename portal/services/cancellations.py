"""Leaving a subscription, staying with an offer, and taking a cancellation back."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import sleep
from typing import Any

from portal.context import MerchantContext, Visit
from portal.db import Unit
from portal.domain import limits
from portal.domain.cancellations import (
    CancellationOutcome,
    Leaving,
    OfferOutcome,
    ends_at_once,
)
from portal.domain.configurations import PortalConfiguration
from portal.domain.customers import Origin
from portal.domain.decisions import Decision
from portal.domain.errors import GatewayMisconfigured, GatewayUnavailable, NotFound, Refused
from portal.domain.events import ObjectKind
from portal.domain.offers import Chance, OfferKind, RetentionOffer
from portal.domain.resolver import Action, Answer, resolve
from portal.domain.subscriptions import Subscription
from portal.gateways.snapshots import Seen
from portal.i18n import lazy_gettext
from portal.mirror import configurations, invoices, payment_methods, refresh, subscriptions
from portal.mirror.invoices import Balance
from portal.mirror.payment_methods import Wallet
from portal.mirror.subscriptions import Held
from portal.services import offers, operations, receipts
from portal.services.operations import Verb
from portal.services.schedules import own_planned
from portal.services.subscriptions import CANCEL_VERBS, hold, name_of, standing_of, who
from portal.store import offers as taken
from portal.store import operations as rows
from portal.store.actions import last_of
from portal.store.cancellations import CancellationRow
from portal.store.operations import OperationRow

# Stripe's reasons, as people would say them.
REASONS: dict[str, str] = {
    "too_expensive": lazy_gettext("It costs too much"),
    "missing_features": lazy_gettext("Something is missing"),
    "switched_service": lazy_gettext("I found something else"),
    "unused": lazy_gettext("I do not use it enough"),
    "customer_service": lazy_gettext("I was not helped well"),
    "too_complex": lazy_gettext("It is too complicated"),
    "low_quality": lazy_gettext("The quality is not good enough"),
    "other": lazy_gettext("Another reason"),
}
# A second press within this time is answered with the receipt of the first.
SAME_PRESS = timedelta(minutes=2)
LOOKS, BETWEEN_LOOKS = 10, 0.2
# Why Stripe never heard of a notice: nobody answered, or the merchant's key is refused.
NEVER_REACHED = frozenset({"not_sent", GatewayMisconfigured.wording})
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
RECEIPTS_OF_CANCELLING = ("cancelled", "cancelled_now", "cancellation_received")


@dataclass(frozen=True, slots=True)
class Leave:
    """What the cancel page says.

    `ends_at` is None where the subscription ends at once, `gives_credit` whether unused time is
    credited then. `drops_change` says that a planned change never comes. `offer` is None where none
    fits or it is held back, and where the law wants nothing in between. `asks_why` says that some
    offer is for a reason that can be told.
    """

    subscription: Subscription
    name: str
    answer: Answer
    ends_at: datetime | None
    gives_credit: bool
    balances: list[Balance]
    options: tuple[str, ...]
    offer: RetentionOffer | None
    drops_change: bool = False
    asks_why: bool = False


def consider(visit: Visit, id: str, reason: str = "") -> Leave:
    """Return what somebody has to know before cancelling, for a reason; raises NotFound."""
    held, wallet = subscriptions.get(visit, id), payment_methods.wallet(visit)
    configuration = configurations.current(visit.db, visit.merchant)
    subscription = held.subscription
    standing = standing_of(visit, held, wallet)
    answer = resolve(Action.CANCEL, standing, configuration)
    outlook = offers.Outlook()
    if answer.is_open:
        outlook = offers.outlook(
            visit.db, visit, standing, configuration, country=_country(wallet), reason=reason
        )
    at_once = ends_at_once(subscription, configuration)
    credits_unused = configuration.cancel_proration == "create_prorations"
    asks = configuration.cancellation_reason
    return Leave(
        subscription=subscription,
        name=name_of(visit, subscription),
        answer=answer,
        ends_at=None if at_once else subscription.period_end,
        gives_credit=at_once and credits_unused and not subscription.is_paused,
        balances=invoices.balances(visit),
        options=configuration.cancellation_options if asks else (),
        offer=outlook.shown,
        asks_why=outlook.asks_why,
        drops_change=bool(own_planned(visit, held.schedule)),
    )


def note(visit: Visit, id: str, outcome: OfferOutcome, reason: str = "") -> None:
    """Write that somebody saw the page for a reason, or keeps the subscription; raises NotFound."""
    with visit.db.write() as unit:
        chance = _chance(unit, visit, id, reason)
        offers.record(unit, visit, chance, id, outcome, reason=reason)


def cancel(visit: Visit, id: str, leaving: Leaving, *, shown_for: str = "") -> int:
    """Cancel a subscription as the merchant set it up, and return the number of the receipt.

    `shown_for` is the reason for which the page showed an offer, or would have.

    What is cancelled already is a success, with 0 where there is no receipt to show. The notice
    counts even if Stripe cannot be reached: it is receipted as received, and the worker sends it
    until Stripe has answered. Raises Refused, NotFound, and GatewayRefused.
    """
    wallet = payment_methods.wallet(visit)
    configuration = configurations.current(visit.db, visit.merchant)
    name = name_of(visit, subscriptions.get(visit, id).subscription)
    with visit.db.write() as unit:
        hold(unit, visit)
        held = subscriptions.get(visit, id, reader=unit)
        takes_back = _supersede(unit, visit, id, (RESUME.name,))
        is_over = held.subscription.is_cancelling or held.subscription.is_ended
        if is_over and not takes_back:
            return _last_receipt(unit, visit, id, RECEIPTS_OF_CANCELLING)
        row = joined = _find_unanswered(unit, visit, id, CANCEL_VERBS)
        if row is None:
            if not takes_back:
                _refuse_unless(limits.may_cancel(standing_of(visit, held, wallet), configuration))
                chance = _chance(unit, visit, id, shown_for)
                said = leaving.feedback or shown_for
                offers.record(unit, visit, chance, id, OfferOutcome.CANCELLED, reason=said)
                taken.record_of_subscription(
                    unit, visit.merchant.id, id, OfferOutcome.CANCELLED, now=visit.at.now
                )
            row = _begin_cancelling(unit, visit, held, configuration, leaving, name)
        verb, operation = BY_NAME[row.verb], row.id
    try:
        return _perform(visit, verb, operation, is_joined=joined is not None)
    except (GatewayUnavailable, GatewayMisconfigured):
        return _receive(visit, operation)


def keep_with_offer(visit: Visit, id: str, offer_id: int, reason: str = "") -> int:
    """Take the offer to stay, once in the merchant's window; returns the number of the receipt.

    The row that says so is written with the operation, so that of many presses at the same time
    one counts. What leads to another page (a cheaper plan) is only written down, and has no
    receipt: 0. Subscription and coupon are read afresh, so that no other discount is lost. Raises
    Refused, NotFound and the gateway errors.
    """
    offer = offers.get(visit, offer_id)
    verb = VERB_OF_OFFER.get(offer.kind)
    name = name_of(visit, subscriptions.get(visit, id).subscription)
    if number := _taken_just_now(visit, id):
        return number
    if verb is not None:
        with operations.only_asking():
            refresh.read(visit.at, Origin.STRIPE, ObjectKind.SUBSCRIPTION, id)
            offer = offers.refresh_coupon(visit, offer)
    with visit.db.write() as unit:
        hold(unit, visit)
        subscription = subscriptions.get(visit, id, reader=unit).subscription
        if number := _last_receipt(unit, visit, id, (OFFER_TAKEN,), since=_since(visit)):
            return number
        row = joined = _find_unanswered(unit, visit, id, OFFER_VERBS)
        if row is None:
            _take(unit, visit, id, offer, reason)
            if verb is None:
                return 0
            row = _begin_taking(unit, visit, verb, subscription, offer, name)
        verb, operation = BY_NAME[row.verb], row.id
    return _perform(visit, verb, operation, is_joined=joined is not None)


def take_talk(unit: Unit, visit: Visit, id: str, reason: str) -> None:
    """Write that the talk is taken which the page offers for a reason, if it offers one.

    The unit holds the customer.
    """
    chance = _chance(unit, visit, id, reason)
    if chance is None or chance.is_control or chance.offer.kind is not OfferKind.PERSON:
        return
    offers.claim(unit, visit, chance.offer, id)
    offers.record(unit, visit, chance, id, OfferOutcome.ACCEPTED, reason=reason)


def resume(visit: Visit, id: str) -> int:
    """Take back a cancellation that has not taken effect; returns the number of the receipt.

    What goes on already is a success, with 0 where there is no receipt to show. Raises Refused,
    NotFound and the gateway errors.
    """
    name = name_of(visit, subscriptions.get(visit, id).subscription)
    with visit.db.write() as unit:
        hold(unit, visit)
        held = subscriptions.get(visit, id, reader=unit)
        subscription = held.subscription
        takes_back = _supersede(unit, visit, id, (CANCEL.name,))
        goes_on = not subscription.is_cancelling and not subscription.is_ended
        if goes_on and not takes_back:
            return _last_receipt(unit, visit, id, ("resumed",))
        row = joined = _find_unanswered(unit, visit, id, (RESUME.name,))
        if row is None:
            if not takes_back:
                _refuse_unless(limits.may_resume(standing_of(visit, held, Wallet())))
            taken.record_of_subscription(
                unit, visit.merchant.id, id, OfferOutcome.KEPT, now=visit.at.now
            )
            row = operations.begin(
                unit,
                visit.at,
                RESUME,
                customer_id=visit.customer.id,
                subject=id,
                subscription=id,
                is_dated=_is_dated(subscription),
                told={
                    **who(visit),
                    "plan": name,
                    "renews_on": _iso(subscription.period_end),
                },
            )
        operation = row.id
    return _perform(visit, RESUME, operation, is_joined=joined is not None)


# What is asked of Stripe


def _send_cancel(at: MerchantContext, told: dict[str, Any], key: str) -> tuple[Seen, ...]:
    # While a planned change is attached, its schedule rules the end of the subscription.
    let_go = _let_go(at, told, key)
    # What is cancelled already stays so, however often it is asked: an answer that Stripe remembers
    # under the key of an earlier hour, be it an error, is not waited for.
    hourly = f"{key}:{at.now:%Y%m%d%H}"
    ending = at.payments.cancel_at_period_end(
        told["subscription"], _leaving(told), key=hourly, is_flexible=told["is_flexible"]
    )
    return ending, *let_go


def _send_cancel_now(at: MerchantContext, told: dict[str, Any], key: str) -> tuple[Seen, ...]:
    let_go = _let_go(at, told, key)
    ended = at.payments.cancel_now(told["subscription"], _leaving(told), prorate=told["prorate"])
    return ended, *let_go


def _let_go(at: MerchantContext, told: dict[str, Any], key: str) -> tuple[Seen, ...]:
    """Release the schedule of a change that its customer had planned."""
    schedule = told.get("schedule")
    return (at.payments.release_schedule(schedule, key=f"{key}:release"),) if schedule else ()


def _record_cancel(
    unit: Unit, at: MerchantContext, row: OperationRow, seen: tuple[Seen, ...]
) -> None:
    refresh.save(unit, at.merchant, Origin.STRIPE, seen, now=at.now)
    ended = row.verb == CANCEL_NOW.name
    outcome = CancellationOutcome.CANCELLED_NOW if ended else CancellationOutcome.CANCELLED_AT_END
    _write(unit, at, row, outcome)
    told = dict(row.parameters["told"])
    cancelled = seen[0].snapshot
    if isinstance(cancelled, Subscription) and not ended:
        told["ends_on"] = _iso(cancelled.ends_at) or told.get("ends_on")
    _receipt(unit, at, row, "cancelled_now" if ended else "cancelled", told)


def _keep_trying(unit: Unit, at: MerchantContext, row: OperationRow, error: str) -> None:
    """Leave a cancellation that never reached Stripe to the worker: the notice was given.

    Where Stripe says no after all, somebody who was told that the notice counts is told of it.
    """
    if error in NEVER_REACHED:
        row.answered_at, row.error = None, ""
        rows.lose(row)
    elif "receipt" in row.answer:
        _receipt(unit, at, row, "cancellation_not_booked", row.parameters["told"])


def _send_offer(at: MerchantContext, told: dict[str, Any], key: str) -> Seen:
    return at.payments.apply_coupon(
        told["subscription"], told["coupon"], key=key, held=tuple(told["held"])
    )


def _record_offer(unit: Unit, at: MerchantContext, row: OperationRow, seen: Seen) -> None:
    refresh.save(unit, at.merchant, Origin.STRIPE, [seen], now=at.now)
    _write(unit, at, row, CancellationOutcome.KEPT_WITH_OFFER)
    _receipt(unit, at, row, OFFER_TAKEN, row.parameters["told"])


def _look_for_offer(at: MerchantContext, row: OperationRow) -> Seen | None:
    """Say whether the coupon was put on the subscription."""
    seen = at.payments.fetch(ObjectKind.SUBSCRIPTION, row.subject)
    found = seen.snapshot
    has_it = isinstance(found, Subscription) and any(
        discount.coupon == row.parameters["coupon"] for discount in found.discounts
    )
    return seen if has_it else None


def _send_longer_trial(at: MerchantContext, told: dict[str, Any], key: str) -> Seen:
    return at.payments.move_trial_end(told["subscription"], told["trial_end"], key=key)


def _look_for_longer_trial(at: MerchantContext, row: OperationRow) -> Seen | None:
    """Say whether the trial was made longer."""
    seen = at.payments.fetch(ObjectKind.SUBSCRIPTION, row.subject)
    found = seen.snapshot
    end = found.trial_end if isinstance(found, Subscription) else None
    return seen if end and int(end.timestamp()) == row.parameters["trial_end"] else None


def _give_back(unit: Unit, at: MerchantContext, row: OperationRow, error: str) -> None:
    """Make an offer that Stripe refused to apply count as not taken."""
    taken.give_back(unit, row.merchant_id, row.account, row.subject, livemode=row.livemode)
    taken.record_of_subscription(unit, row.merchant_id, row.subject, OfferOutcome.SHOWN, now=at.now)


def _send_resume(at: MerchantContext, told: dict[str, Any], key: str) -> Seen:
    return at.payments.resume(told["subscription"], key=key, is_dated=told["is_dated"])


def _record_resume(unit: Unit, at: MerchantContext, row: OperationRow, seen: Seen) -> None:
    refresh.save(unit, at.merchant, Origin.STRIPE, [seen], now=at.now)
    _write(unit, at, row, CancellationOutcome.RESUMED)
    _receipt(unit, at, row, "resumed", row.parameters["told"])


CANCEL = Verb("cancel", _send_cancel, _record_cancel, _keep_trying, key_life=None)
CANCEL_NOW = Verb("cancel_now", _send_cancel_now, _record_cancel, _keep_trying, key_life=None)
TAKE_OFFER = Verb("take_offer", _send_offer, _record_offer, _give_back, look=_look_for_offer)
LONGER_TRIAL = Verb(
    "longer_trial", _send_longer_trial, _record_offer, _give_back, look=_look_for_longer_trial
)
RESUME = Verb("resume", _send_resume, _record_resume)
VERBS: tuple[Verb[Any], ...] = (CANCEL, CANCEL_NOW, TAKE_OFFER, LONGER_TRIAL, RESUME)
BY_NAME = {verb.name: verb for verb in VERBS}
# What is asked of Stripe for an offer; the others lead to a page of their own.
VERB_OF_OFFER = {OfferKind.COUPON: TAKE_OFFER, OfferKind.LONGER_TRIAL: LONGER_TRIAL}
OFFER_VERBS = (TAKE_OFFER.name, LONGER_TRIAL.name)
OFFER_TAKEN = "offer_taken"


# What is decided and written before it


def _begin_cancelling(
    unit: Unit,
    visit: Visit,
    held: Held,
    configuration: PortalConfiguration,
    leaving: Leaving,
    name: str,
) -> OperationRow:
    subscription = held.subscription
    at_once = ends_at_once(subscription, configuration)
    ends = {"ended_on": _iso(visit.now)} if at_once else {"ends_on": _iso(subscription.period_end)}
    return operations.begin(
        unit,
        visit.at,
        CANCEL_NOW if at_once else CANCEL,
        customer_id=visit.customer.id,
        subject=subscription.id,
        subscription=subscription.id,
        is_flexible=subscription.billing_mode == "flexible",
        prorate=at_once and configuration.cancel_proration == "create_prorations",
        feedback=leaving.feedback,
        comment=leaving.comment,
        schedule=own_planned(visit, held.schedule),
        told={**who(visit), "plan": name, **ends, "comment": leaving.comment},
    )


def _take(unit: Unit, visit: Visit, id: str, offer: RetentionOffer, reason: str) -> None:
    """Write that an offer is taken; raises Refused where it is not made, or no more."""
    held = subscriptions.get(visit, id, reader=unit)
    wallet = payment_methods.wallet(visit, reader=unit)
    decision = offers.may_take(
        unit,
        visit,
        offer,
        standing_of(visit, held, wallet),
        configurations.current(unit, visit.merchant),
        country=_country(wallet),
        reason=reason,
    )
    _refuse_unless(decision)
    offers.claim(unit, visit, offer, id)
    chance = Chance(offer, is_control=False)
    offers.record(unit, visit, chance, id, OfferOutcome.ACCEPTED, reason=reason)


def _begin_taking(
    unit: Unit,
    visit: Visit,
    verb: Verb[Any],
    subscription: Subscription,
    offer: RetentionOffer,
    name: str,
) -> OperationRow:
    what: dict[str, Any]
    if offer.coupon is not None:
        what = {"coupon": offer.coupon.id, "held": [one.id for one in subscription.discounts]}
        said = offers.told(offer.coupon)
    else:
        end = offers.trial_end_with(offer, subscription)
        what, said = {"trial_end": end}, {"trial_until": _iso(datetime.fromtimestamp(end, UTC))}
    return operations.begin(
        unit,
        visit.at,
        verb,
        customer_id=visit.customer.id,
        subject=subscription.id,
        subscription=subscription.id,
        told={**who(visit), "plan": name, **said},
        **what,
    )


def _chance(unit: Unit, visit: Visit, id: str, reason: str) -> Chance | None:
    """Return what the page showed for a reason, or held back."""
    held = subscriptions.get(visit, id, reader=unit)
    wallet = payment_methods.wallet(visit, reader=unit)
    configuration = configurations.current(unit, visit.merchant)
    standing = standing_of(visit, held, wallet)
    if not resolve(Action.CANCEL, standing, configuration).is_open:
        return None
    return offers.outlook(
        unit, visit, standing, configuration, country=_country(wallet), reason=reason
    ).chance


def _taken_just_now(visit: Visit, id: str) -> int:
    with visit.db.session() as reader:
        return _last_receipt(reader, visit, id, (OFFER_TAKEN,), since=_since(visit))


def _since(visit: Visit) -> datetime:
    return visit.at.now - SAME_PRESS


def _find_unanswered(
    unit: Unit, visit: Visit, id: str, verbs: tuple[str, ...]
) -> OperationRow | None:
    """Return the operation that an earlier press left on its way, so that this one joins it."""
    return next(iter(rows.list_unanswered_of(unit, visit.customer.id, verbs, id)), None)


def _supersede(unit: Unit, visit: Visit, id: str, verbs: tuple[str, ...]) -> bool:
    """Say whether an earlier press of the opposite is on its way, which does not count any more."""
    earlier = rows.list_unanswered_of(unit, visit.customer.id, verbs, id)
    operations.supersede(unit, visit.at, earlier)
    return bool(earlier)


def _is_dated(subscription: Subscription) -> bool:
    """Whether a cancellation is recorded as a date; where none is told yet, billing decides."""
    if subscription.is_cancelling:
        return not subscription.cancel_at_period_end
    return subscription.billing_mode == "flexible"


def _perform(visit: Visit, verb: Verb[Any], operation: str, *, is_joined: bool) -> int:
    """Send an operation and return its receipt.

    Stripe turns away a second request with the key of one that is still being worked on, so a
    press that joined another's operation waits a moment for that one's answer before it asks.
    """
    for _ in range(LOOKS if is_joined else 0):
        if number := _receipt_of(visit, operation):
            return number
        sleep(BETWEEN_LOOKS)
    operations.perform(visit.at, verb, operation)
    return _receipt_of(visit, operation)


def _receive(visit: Visit, operation: str) -> int:
    """Write that a cancellation was received although Stripe has not answered, once."""
    with visit.db.write() as unit:
        row = rows.get(unit, operation)
        if row is None:
            raise NotFound(f"operation {operation}")
        if "receipt" not in row.answer:
            _receipt(unit, visit.at, row, "cancellation_received", row.parameters["told"])
        return int(row.answer["receipt"])


def _receipt(
    unit: Unit, at: MerchantContext, row: OperationRow, verb: str, told: dict[str, Any]
) -> None:
    if row.customer_id is not None:
        receipt = receipts.add_for(unit, at, row.customer_id, verb, subject=row.subject, **told)
        row.answer = {**row.answer, "receipt": receipt.number}


def _receipt_of(visit: Visit, operation: str) -> int:
    with visit.db.session() as reader:
        return int(reader.get_one(OperationRow, operation).answer.get("receipt", 0))


def _last_receipt(
    unit: Unit, visit: Visit, id: str, verbs: tuple[str, ...], *, since: datetime = LONG_AGO
) -> int:
    row = last_of(unit, visit.merchant.id, visit.customer.id, id, verbs)
    return row.number if row is not None and row.at >= since else 0


def _write(unit: Unit, at: MerchantContext, row: OperationRow, outcome: str) -> None:
    unit.add(
        CancellationRow(
            merchant_id=row.merchant_id,
            account=row.account,
            livemode=row.livemode,
            customer_id=row.customer_id,
            subscription=row.subject,
            outcome=outcome,
            feedback=row.parameters.get("feedback", ""),
            comment=row.parameters.get("comment", ""),
            at=at.now,
        )
    )


def _leaving(told: dict[str, Any]) -> Leaving:
    return Leaving(told["feedback"], told["comment"])


def _country(wallet: Wallet) -> str:
    return wallet.profile.address.country if wallet.profile else ""


def _iso(moment: datetime | None) -> str:
    return moment.isoformat() if moment else ""


def _refuse_unless(decision: Decision) -> None:
    if not decision.is_allowed:
        raise Refused(decision)
