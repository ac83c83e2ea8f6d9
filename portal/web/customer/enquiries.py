"""Asking the merchant: the form, and a question with its answer."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.context import Visit
from portal.domain.enquiries import LONGEST, About, Enquiry, Topic
from portal.domain.errors import NotFound
from portal.i18n import lazy_gettext
from portal.services import enquiries
from portal.services.actions import TOPICS
from portal.services.enquiries import WHY
from portal.web import wording
from portal.web.attempts import attempt
from portal.web.customer import current_visit
from portal.web.forms import Form, TextAreaField, at_most, needed, printable, trimmed
from portal.web.policies import Who, open_to

pages = Blueprint("enquiries", __name__)


class QuestionForm(Form):
    """What somebody asks."""

    message = TextAreaField(
        lazy_gettext("Your question"),
        [needed(lazy_gettext("Please write what you ask for.")), at_most(LONGEST), printable()],
        filters=[trimmed],
    )


@pages.get("/questions/new")
@open_to(Who.CUSTOMER)
def write() -> str:
    """Show the form for a question, or the one about the same that waits already."""
    return _show(current_visit(), QuestionForm(formdata=None))


@pages.post("/questions/new")
@open_to(Who.CUSTOMER)
def send() -> Response | tuple[str, int]:
    """Send a question."""
    visit, form = current_visit(), QuestionForm()
    if not form.accepts():
        return _show(visit, form), 422
    found = _about(visit)

    def ask() -> Response:
        words = "\n".join(form.text("message").splitlines())
        return redirect(url_for(".show", number=enquiries.ask(visit, found, words)), 303)

    back = url_for(".write", topic=found.topic, of=found.subject, reason=_reason(found) or None)
    return attempt(ask, back=back)


@pages.get("/questions/<int:number>")
@open_to(Who.CUSTOMER)
def show(number: int) -> str:
    """Show a question and its answer, or that it waits for one."""
    enquiry = enquiries.get(current_visit(), number)
    return render_template(
        "customer/enquiries/show.html",
        enquiry=enquiry,
        topic=TOPICS[enquiry.topic],
        leaving=_leaving(enquiry),
    )


def _show(visit: Visit, form: QuestionForm) -> str:
    found = _about(visit)
    waiting, decision = enquiries.find_open(visit, found), enquiries.may_ask_more(visit)
    return render_template(
        "customer/enquiries/write.html",
        about=found,
        topic=TOPICS[found.topic],
        form=form,
        waiting=waiting,
        leaving=_leaving(waiting or found),
        reason=_reason(found),
        refused=wording.why(decision),
        is_mailed=bool(visit.email or visit.customer.email),
    )


def _about(visit: Visit) -> About:
    try:
        topic = Topic(request.args.get("topic", Topic.OTHER))
    except ValueError:
        raise NotFound("topic") from None
    subject, leaving = (request.args.get(name, "") for name in ("of", "reason"))
    return enquiries.about(visit, topic, subject, leaving)


def _leaving(found: About | Enquiry) -> str:
    """Return in words why somebody wants to leave, empty where it is not about that."""
    return WHY.get(_reason(found), "")


def _reason(found: About | Enquiry) -> str:
    return found.why if found.topic is Topic.LEAVING else ""
