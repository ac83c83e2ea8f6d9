"""Asking the merchant: the form, and a question with its answer."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from portal.context import Visit
from portal.domain.enquiries import LONGEST, Topic
from portal.domain.errors import NotFound
from portal.i18n import lazy_gettext
from portal.services import enquiries
from portal.services.enquiries import TOPICS
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
    topic, subject = _topic(), request.args.get("of", "")
    if not form.accepts():
        return _show(visit, form), 422

    def ask() -> Response:
        words = "\n".join(form.text("message").splitlines())
        number = enquiries.ask(visit, topic, subject, words)
        return redirect(url_for(".show", number=number), 303)

    return attempt(ask, back=url_for(".write", topic=topic, of=subject))


@pages.get("/questions/<int:number>")
@open_to(Who.CUSTOMER)
def show(number: int) -> str:
    """Show a question and its answer, or that it waits for one."""
    enquiry = enquiries.get(current_visit(), number)
    return render_template(
        "customer/enquiries/show.html", enquiry=enquiry, topic=TOPICS[enquiry.topic]
    )


def _show(visit: Visit, form: QuestionForm) -> str:
    found = enquiries.about(visit, _topic(), request.args.get("of", ""))
    return render_template(
        "customer/enquiries/write.html",
        about=found,
        topic=TOPICS[found.topic],
        form=form,
        waiting=enquiries.find_open(visit, found),
    )


def _topic() -> Topic:
    try:
        return Topic(request.args.get("topic", Topic.OTHER))
    except ValueError:
        raise NotFound("topic") from None
