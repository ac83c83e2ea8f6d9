"""The language a customer chooses, on every device and for mails."""

from flask import Blueprint, redirect
from flask import session as page_session
from werkzeug.wrappers import Response

from portal import i18n
from portal.services import customers
from portal.web.customer import current_visit, destinations
from portal.web.forms import Form, HiddenField, StringField
from portal.web.languages import PARAMETER
from portal.web.policies import Who, open_to

pages = Blueprint("languages", __name__)


class LanguageForm(Form):
    """The tag of a language, and the page it was chosen on."""

    locale = StringField("")
    back = HiddenField()


@pages.post("/language")
@open_to(Who.CUSTOMER)
def choose() -> Response:
    """Keep the customer's choice, which replaces that of this browser, and go back to the page."""
    visit, form = current_visit(), LanguageForm()
    chosen = i18n.find(form.text("locale"), i18n.available())
    if chosen is not None:
        customers.choose_locale(visit, chosen.tag)
        page_session.pop(PARAMETER, None)
    return redirect(destinations.own_page(form.text("back")), 303)
