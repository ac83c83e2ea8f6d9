"""What an action is called, and what its receipt says of it, in the language spoken now."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from portal import i18n
from portal.domain.enquiries import Topic
from portal.domain.money import Money
from portal.i18n import formats, gettext, lazy_gettext, ngettext

TITLES: dict[str, str] = {
    "paid": lazy_gettext("Payment"),
    "asked": lazy_gettext("Question sent"),
    "overpaid": lazy_gettext("More was paid than was due"),
    "method_added": lazy_gettext("Payment method saved"),
    "method_removed": lazy_gettext("Payment method removed"),
    "method_kept_from_link": lazy_gettext("Payment method saved from the link of an invoice"),
    "default_changed": lazy_gettext("Default payment method changed"),
    "backup_chosen": lazy_gettext("Backup method chosen"),
    "backup_dropped": lazy_gettext("No backup method any more"),
    "method_chosen": lazy_gettext("Payment method of a subscription changed"),
    "details_changed": lazy_gettext("Billing details changed"),
    "plan_changed": lazy_gettext("Plan changed"),
    "change_waits": lazy_gettext("Plan change waits for its payment"),
    "change_lapsed": lazy_gettext("Plan change not made"),
    "change_planned": lazy_gettext("Plan change planned"),
    "change_undone": lazy_gettext("Planned change undone"),
    "change_dropped": lazy_gettext("Waiting change dropped"),
    "cancellation_received": lazy_gettext("Cancellation received"),
    "cancellation_not_booked": lazy_gettext("Cancellation not booked yet"),
    "cancelled": lazy_gettext("Subscription cancelled"),
    "cancelled_now": lazy_gettext("Subscription ended at once"),
    "offer_taken": lazy_gettext("Offer accepted"),
    "resumed": lazy_gettext("Cancellation taken back"),
    "paused": lazy_gettext("Subscription paused"),
    "went_on": lazy_gettext("Pause ended"),
}
# What a question is about.
TOPICS: dict[Topic, str] = {
    Topic.CHANGE: lazy_gettext("Change the plan"),
    Topic.ENTER_CODE: lazy_gettext("Use a promotion code"),
    Topic.CANCEL: lazy_gettext("Cancel the subscription"),
    Topic.RESUME: lazy_gettext("Go on with the subscription"),
    Topic.PAUSE: lazy_gettext("Pause the subscription"),
    Topic.GO_ON: lazy_gettext("End the pause"),
    Topic.UNDO_CHANGE: lazy_gettext("Undo a planned change"),
    Topic.DROP_CHANGE: lazy_gettext("Drop a waiting change"),
    Topic.CHANGE_METHOD: lazy_gettext("Change the payment method"),
    Topic.LEAVING: lazy_gettext("Talk before I leave"),
    Topic.INVOICE: lazy_gettext("An invoice"),
    Topic.METHODS: lazy_gettext("How I can pay"),
    Topic.DETAILS: lazy_gettext("Billing details"),
    Topic.OTHER: lazy_gettext("Something else"),
}
# What somebody may want to know or do who did not expect this.
NOTES: dict[str, str] = {
    "asked": lazy_gettext("It is with the company that bills you, which answers you by mail."),
    "overpaid": lazy_gettext(
        "The invoice was paid in another way while your payment was on its way. This sum was not "
        "needed; the company that bills you gives it back."
    ),
    "method_kept_from_link": lazy_gettext(
        "Somebody who has the link of one of your invoices paid it, and let this payment method be "
        "kept for your next ones. If it should not be there, remove it; then nothing more is "
        "charged to it."
    ),
    "change_waits": lazy_gettext(
        "Your old plan stays until the invoice of the change is paid. You find it among your "
        "invoices."
    ),
    "change_lapsed": lazy_gettext(
        "Its invoice was not paid in time, so your plan stays as it was and nothing was charged "
        "for the change. You can start it again."
    ),
    "change_planned": lazy_gettext(
        "Until it begins your plan stays as it is, and you can undo the change on the page of the "
        "subscription."
    ),
    "change_undone": lazy_gettext("Your plan stays as it is."),
    "change_dropped": lazy_gettext("Your plan stays as it is, and its invoice is void."),
    "cancellation_received": lazy_gettext(
        "We have your notice, and it counts from this moment. Booking it takes longer than usual; "
        "you need do nothing."
    ),
    "cancellation_not_booked": lazy_gettext(
        "We have your notice, but the payment service did not take it. Please show this receipt to "
        "the company that bills you; it can end the subscription."
    ),
    "paused": lazy_gettext(
        "Nothing is charged while it is paused. It goes on by itself, and you can end the pause "
        "before that."
    ),
    "cancelled": lazy_gettext("Until it ends, you can take the cancellation back."),
    "cancelled_now": lazy_gettext("Your invoices stay on your billing page."),
}
ANOTHER = lazy_gettext("Change in what you pay")

# What customers change of their own data.
PARTS: dict[str, str] = {
    "name": lazy_gettext("Name"),
    "email": lazy_gettext("E-mail"),
    "phone": lazy_gettext("Phone"),
    "address": lazy_gettext("Address"),
    "tax_id": lazy_gettext("Tax ID"),
    "purchase_order": lazy_gettext("Purchase order reference"),
}

EACH = {
    "day": lazy_gettext("each day"),
    "week": lazy_gettext("each week"),
    "month": lazy_gettext("each month"),
    "year": lazy_gettext("each year"),
}

Details = Mapping[str, Any]
Rows = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Told:
    """A title, terms with their values, and a note, which may be empty.

    `about` and `sum` are what lists say of it: invoice numbers or a plan, and what was paid.
    """

    title: str
    rows: Rows
    note: str
    about: str = ""
    sum: str = ""


def tell(verb: str, details: Details) -> Told:
    """Say what was done; what the table below does not name is not told."""
    rows = invoice_rows(
        [
            (str(share.get("number") or ""), Money(share["amount"], details["currency"]))
            for share in shares_of(details)
        ]
    )
    rows += [
        (str(label), write(details[name], details))
        for name, label, write in FIELDS
        if details.get(name) not in (None, "")
    ]
    return Told(
        str(TITLES.get(verb, ANOTHER)),
        rows,
        str(NOTES.get(verb, "")),
        about=_about(details),
        sum=_paid(details),
    )


def shares_of(details: Details) -> list[Details]:
    """Return the invoices of a receipt as {id, number, amount}, be they told by charge or not."""
    by_charge = [share for charge in details.get("charges") or [] for share in charge["invoices"]]
    return by_charge or list(details.get("invoices") or [])


def _about(details: Details) -> str:
    numbers = [str(share.get("number") or "") for share in shares_of(details)]
    if any(numbers):
        return ", ".join(_ltr(number) for number in numbers if number)
    return _plan(details["plan"], details) if details.get("plan") else ""


def _paid(details: Details) -> str:
    paid = details.get("amount", details.get("charged"))
    return _sum(paid, details) if paid else ""


def every(interval: str, count: int) -> str:
    """Say of how many days, weeks, months or years a period is that has several of them."""
    match interval:
        case "day":
            return ngettext("every %(num)s day", "every %(num)s days", count)
        case "week":
            return ngettext("every %(num)s week", "every %(num)s weeks", count)
        case "month":
            return ngettext("every %(num)s month", "every %(num)s months", count)
        case "year":
            return ngettext("every %(num)s year", "every %(num)s years", count)
        case _:
            return ""


def with_period(plan: str, interval: str, count: int) -> str:
    """Name a plan by how often it is charged as well: `Hosting Pro, each month`."""
    period = str(EACH.get(interval, "")) if count == 1 else every(interval, count)
    return gettext("%(plan)s, %(period)s", plan=plan, period=period) if period else plan


def invoice_rows(invoices: list[tuple[str, Money]]) -> Rows:
    """Return a row for each invoice with the sum that is meant for it."""
    return [
        (gettext("Invoice %(number)s", number=_ltr(number)), formats.money(sum_, i18n.current()))
        for number, sum_ in invoices
    ]


def discount(percent: str, amount: Money | None) -> str:
    """Say what an offer takes off a price: a part in per cent, or a sum."""
    if amount is not None:
        return formats.money(amount, i18n.current())
    return formats.percent(Decimal(percent), i18n.current()) if percent else ""


def duration(word: str, months: int | None) -> str:
    """Say for how long an offer holds; `word` is Stripe's: once, repeating or forever."""
    if word == "once":
        return gettext("One invoice")
    if word == "repeating" and months:
        return ngettext("%(num)s month", "%(num)s months", months)
    return gettext("As long as the subscription goes on") if word == "forever" else ""


def _text(value: Any, _details: Details) -> str:
    return formats.isolate(str(value), i18n.current())


def _topic(value: Any, _details: Details) -> str:
    return str(TOPICS[Topic(value)])


def _plan(value: Any, details: Details) -> str:
    return _named(value, details, "period")


def _plan_before(value: Any, details: Details) -> str:
    return _named(value, details, "period_before")


def _named(value: Any, details: Details, period: str) -> str:
    """Name a plan; where a change keeps its name, how often it is charged tells the two apart."""
    name = _text(value, details)
    is_same = details.get("plan") == details.get("plan_before")
    periods = details.get("period"), details.get("period_before")
    if not is_same or None in periods or periods[0] == periods[1]:
        return name
    interval, count = details[period]
    return with_period(name, interval, count)


def _sum(value: Any, details: Details) -> str:
    return formats.money(Money(int(value), details["currency"]), i18n.current())


def _day(value: Any, _details: Details) -> str:
    if len(value) == len("2026-11-21"):
        return formats.day(date.fromisoformat(value), i18n.current())
    moment = datetime.fromisoformat(value)
    return formats.day(formats.local_day(moment, i18n.current_zone()), i18n.current())


def _part(value: Any, _details: Details) -> str:
    return discount(str(value), None)


def _parts_changed(value: Any, _details: Details) -> str:
    return ", ".join(str(PARTS[name]) for name in value if name in PARTS)


def _duration(value: Any, details: Details) -> str:
    return duration(str(value), details.get("months"))


def _ltr(text: str) -> str:
    return formats.left_to_right(text, i18n.current())


# In the order of a receipt. Sums are minor units of `currency`, days ISO dates or moments.
FIELDS: tuple[tuple[str, str, Callable[[Any, Details], str]], ...] = (
    ("plan_before", lazy_gettext("Until now"), _plan_before),
    ("plan", lazy_gettext("Plan"), _plan),
    ("quantity_before", lazy_gettext("Quantity until now"), _text),
    ("quantity", lazy_gettext("Quantity"), _text),
    ("amount", lazy_gettext("Amount"), _sum),
    ("charged", lazy_gettext("Charged now"), _sum),
    ("credited", lazy_gettext("Credited"), _sum),
    ("percent_off", lazy_gettext("Off the price"), _part),
    ("amount_off", lazy_gettext("Off the price"), _sum),
    ("duration", lazy_gettext("For how long"), _duration),
    ("starts_on", lazy_gettext("Begins"), _day),
    ("goes_on", lazy_gettext("Goes on"), _day),
    ("trial_until", lazy_gettext("Trial until"), _day),
    ("ends_on", lazy_gettext("Ends"), _day),
    ("ended_on", lazy_gettext("Ended"), _day),
    ("renews_on", lazy_gettext("Renews"), _day),
    ("next_on", lazy_gettext("Next charge"), _day),
    ("next_sum", lazy_gettext("Sum of the next charge"), _sum),
    ("changed", lazy_gettext("What changed"), _parts_changed),
    ("topic", lazy_gettext("You asked"), _topic),
    ("about", lazy_gettext("About"), _text),
    ("question", lazy_gettext("Your question"), _text),
    ("consent", lazy_gettext("What was agreed to"), _text),
    ("comment", lazy_gettext("Your words"), _text),
)
