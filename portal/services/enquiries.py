"""Asking the merchant's people, and what they answer.

A question has a number, a mail to the merchant and its place among what waits for a person; its
answer is mailed and stays in the portal.
"""

from typing import Any
from urllib.parse import quote, urljoin

from portal.context import MerchantContext, Visit
from portal.db import Unit
from portal.domain.decisions import Decision, Reason
from portal.domain.enquiries import OF_NOTHING, About, Enquiry, EnquiryState, Topic, may_ask
from portal.domain.errors import NotFound, Refused
from portal.domain.resolver import Action
from portal.i18n import lazy_gettext
from portal.mirror import customers, invoices
from portal.services import cancellations, mail, plans, receipts, subscriptions
from portal.services.actions import TOPICS
from portal.store import enquiries as rows
from portal.store import outbox
from portal.store.enquiries import EnquiryRow

# Why the portal left it to the merchant, in words for the merchant; why somebody wants to leave.
WHY: dict[str, str] = cancellations.REASONS | {
    Reason.SEVERAL_PRODUCTS: lazy_gettext("The subscription holds several products."),
    Reason.USAGE_BASED: lazy_gettext("The subscription is billed by use."),
    Reason.INVOICES_SENT: lazy_gettext("The subscription is paid by invoices that are sent."),
    Reason.CHANGE_SCHEDULED: lazy_gettext("A planned change has not taken effect yet."),
    Reason.SUBSCRIPTION_PAUSED: lazy_gettext("This subscription is paused."),
    Reason.BILLED_CLASSICALLY: lazy_gettext("Its billing mode at Stripe is classic."),
    Reason.FEATURE_DISABLED: lazy_gettext("You have not opened this to your customers."),
    Reason.TOO_MANY_PRODUCTS: lazy_gettext("You offer more products than can be shown."),
    Reason.PRICES_CLASH: lazy_gettext("Two prices that you offer cannot be told apart."),
    Reason.AMOUNT_TOO_SMALL: lazy_gettext("The sum is too small to be charged by itself."),
    Reason.FOREIGN_CURRENCY: lazy_gettext("Its currency cannot be paid in the portal."),
    Reason.SUMS_DIFFER: lazy_gettext("Stripe and Holded say that different sums are left to pay."),
}


def about(visit: Visit, topic: Topic, subject: str, leaving: str = "") -> About:
    """Return what a question of this visit would be about; raises NotFound if it is not theirs.

    `leaving` is the reason somebody told on the page where they could leave.
    """
    if topic in OF_NOTHING:
        return About(topic)
    if topic is Topic.INVOICE:
        found = invoices.get(visit, subject)
        return About(topic, found.invoice.id, found.invoice.number, _why(found.may_pay))
    shown = subscriptions.get_shown(visit, subject)
    if topic is Topic.LEAVING:
        why = leaving if leaving in cancellations.REASONS else ""
    elif topic is Topic.CHANGE:
        why = _why(plans.menu(visit, subject).answer.decision)
    else:
        why = _why(shown.answers[Action(topic)].decision)
    return About(topic, shown.id, shown.name, why)


def _why(decision: Decision) -> str:
    """Return the reason of a refusal that is the merchant's to lift, else nothing."""
    return decision.reason if decision.reason in WHY else ""


def find_open(visit: Visit, found: About) -> Enquiry | None:
    """Return the question about the same that waits for its answer already."""
    with visit.db.session() as reader:
        row = rows.find_open(reader, visit.merchant.id, visit.customer.id, found)
        return row.to_enquiry() if row is not None else None


def may_ask_more(visit: Visit) -> Decision:
    """Say whether the visit's customer may ask one more question now."""
    with visit.db.session() as reader:
        return may_ask(rows.count_open(reader, visit.merchant.id, visit.customer.id))


def ask(visit: Visit, found: About, message: str) -> int:
    """Ask the merchant and return the question's number, that of the open one about the same.

    Raises Refused with too many questions open.
    """
    with visit.db.write() as unit:
        merchant, customer = visit.merchant.id, visit.customer.id
        subscriptions.hold(unit, visit)
        earlier = rows.find_open(unit, merchant, customer, found)
        if earlier is not None:
            return earlier.number
        decision = may_ask(rows.count_open(unit, merchant, customer))
        if not decision.is_allowed:
            raise Refused(decision)
        told = {"topic": found.topic.value, "about": found.name, "question": message}
        number = receipts.add(unit, visit, "asked", subject=found.subject, **told).number
        email = visit.email or visit.customer.email
        rows.add(unit, merchant, customer, number, found, message, email=email, now=visit.at.now)
        _queue(unit, visit.at, "mail_enquiry", number)
        if found.topic is Topic.LEAVING:
            cancellations.take_talk(unit, visit, found.subject, found.why)
        return number


def get(visit: Visit, number: int) -> Enquiry:
    """Return one question of the visit's customer; raises NotFound."""
    with visit.db.session() as reader:
        return rows.get_of_customer(reader, visit.merchant.id, visit.customer.id, number)


def read(at: MerchantContext, number: int) -> Enquiry:
    """Return one question of the merchant's, in whichever state; raises NotFound."""
    with at.db.session() as reader:
        return rows.get(reader, at.merchant.id, number).to_enquiry()


def list_open(at: MerchantContext) -> list[Enquiry]:
    """Return the merchant's questions that wait for their answer, the oldest first."""
    with at.db.session() as reader:
        return [row.to_enquiry() for row in rows.list_open(reader, at.merchant.id)]


def answer(at: MerchantContext, number: int, words: str) -> None:
    """Answer a question that is open and have the answer mailed; raises NotFound."""
    with at.db.write() as unit:
        row = _open(unit, at, number)
        row.state, row.answer, row.changed_at = EnquiryState.ANSWERED, words, at.now
        _queue(unit, at, "mail_answer", number)


def close(at: MerchantContext, number: int) -> None:
    """Close a question that was settled elsewhere, by mail or telephone; raises NotFound."""
    with at.db.write() as unit:
        row = _open(unit, at, number)
        row.state, row.changed_at = EnquiryState.CLOSED, at.now


def mail_merchant(at: MerchantContext, number: int) -> None:
    """Mail a question to the merchant's people; an answer goes to who asked, if known (job)."""
    enquiry = read(at, number)
    if not at.merchant.support_email:
        return
    card = customers.find_card(at.db, at.merchant, enquiry.customer_id)
    mail.send(
        at,
        "enquiry",
        to=at.merchant.support_email,
        reply_to=enquiry.email,
        locale=at.merchant.locale,
        message_id=f"enquiry-{at.merchant.id}-{number}",
        enquiry=enquiry,
        topic=TOPICS[enquiry.topic],
        why=WHY.get(enquiry.why, ""),
        customer_name=card.name if card else "",
        link=f"mailto:{quote(enquiry.email, safe='@')}" if enquiry.email else "",
    )


def mail_answer(at: MerchantContext, number: int) -> None:
    """Mail the answer to who asked, framed in the customer's language (job)."""
    enquiry = read(at, number)
    card = customers.find_card(at.db, at.merchant, enquiry.customer_id)
    if not enquiry.email:
        return
    mail.send(
        at,
        "answer",
        to=enquiry.email,
        locale=card.language_or(at.merchant.locale) if card else at.merchant.locale,
        message_id=f"answer-{at.merchant.id}-{number}",
        enquiry=enquiry,
        topic=TOPICS[enquiry.topic],
        link=urljoin(at.settings.public_url, f"/{at.merchant.slug}/questions/{number}"),
    )


def _open(unit: Unit, at: MerchantContext, number: int) -> EnquiryRow:
    row = rows.get(unit, at.merchant.id, number)
    if row.state != EnquiryState.OPEN:
        raise NotFound(f"open question {number}")
    return row


def _queue(unit: Unit, at: MerchantContext, job: str, number: int) -> None:
    named: dict[str, Any] = {"number": number}
    key = f"{at.merchant.id}:{number}"
    outbox.add(unit, job, key, merchant_id=at.merchant.id, now=at.now, **named)
