"""Every mail in every language: whole, the same in both its forms, and silent in the logs."""

import ast
import html
import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import html5lib
import pytest
from flask import Flask
from jinja2 import UndefinedError
from structlog.testing import capture_logs

from portal import i18n
from portal.context import Gateways, MerchantContext
from portal.db import Database
from portal.domain.declarations import Lane
from portal.domain.enquiries import Enquiry, EnquiryState, Topic
from portal.domain.errors import GatewayUnavailable
from portal.domain.mandates import Mandate, MandateStatus
from portal.domain.merchants import Merchant
from portal.domain.money import Money
from portal.domain.payment_methods import PaymentMethod
from portal.gateways.mail import Mail
from portal.gateways.smtp import compose as compose_message
from portal.services import actions, declines, enquiries, lanes, mail, mandates
from portal.settings import Settings
from portal.web import filters

ROOT = Path(__file__).parents[2]
TEMPLATES = ROOT / "templates" / "mail"
NOW = datetime(2026, 11, 21, 9, 5, tzinfo=UTC)
LINK = "https://portal.example/nuvol/go?one=1&two=2"
CANARY = "canary-7f3a9c"
EUR = Money(118096, "eur")
MERCHANT = Merchant(
    id=1, slug="nuvol", name="Nuvol Studio", country="ES", currency="eur",
    timezone="Europe/Madrid", locale="es", brand_color="#1f3a5f", stripe_account="acct_1",
    livemode=True, support_email="help@nuvol.example", mail_from="billing@nuvol.example",
)  # fmt: skip
PAID = {
    "amount": 118096, "currency": "eur", "method_type": "card", "brand": "visa", "last4": "4242",
    "invoices": [{"id": "in_1", "number": "F260001", "amount": 118096}],
}  # fmt: skip


def action(verb: str = "paid", **details: Any) -> Any:
    return SimpleNamespace(
        number=1042, verb=verb, details=details or PAID, at=NOW, by_email="ana@forn.example"
    )


MANDATE = Mandate(
    "mandate_1", "pm_1", "sepa_debit", MandateStatus.ACTIVE, reference="NVL4711", accepted_at=NOW
)
TO_MERCHANTS = {"credit_note", "enquiry", "uncollected"}
ENQUIRY = Enquiry(
    1042, 1, Topic.CHANGE, "sub_1", "Team", "usage_based", "Please move me to Pro.",
    "ana@forn.example", EnquiryState.ANSWERED, "It is done.", NOW, NOW,
)  # fmt: skip
INVOICES = [("F260001", Money(60000, "eur")), ("F260002", Money(58096, "eur"))]
WAITING = {
    "number": "F260001",
    "kind": "invoice",
    "amount": EUR,
    "due_on": date(2026, 12, 1),
    "next_try": date(2026, 11, 24),
}
# What each mail is sent with; the names are the folders of templates/mail.
VALUES: dict[str, dict[str, Any]] = {
    "sign_in": {"code": "482913", "expires_at": datetime(2026, 11, 21, 9, 20, tzinfo=UTC)},
    "receipt": {
        "action": action(), "title": actions.TITLES["paid"], "customer_name": "Forn Aurora",
    },
    "mandate": {
        "mandate": MANDATE, "customer_name": "Forn Aurora",
        "method": PaymentMethod("pm_1", "cus_1", "sepa_debit", last4="3000"),
        "agreed": lambda: mandates.words(MANDATE, MERCHANT),
    },
    "debit": {
        "amount": EUR, "invoices": INVOICES, "mandate": MANDATE, "day": NOW.date(),
        "receipt": 1042,
        "method": PaymentMethod("pm_1", "cus_1", "sepa_debit", last4="3000"),
    },
    "card_expiring": {
        "method": PaymentMethod("pm_2", "cus_1", "card", "visa", "4242"), "last_day": NOW.date(),
    },
    "slip": {
        "amount": EUR, "invoices": INVOICES, "number": "34191790010104351004791020150008",
        "expires_at": NOW,
    },
    "slip_ran_out": {
        "amount": EUR, "invoices": INVOICES, "number": "34191790010104351004791020150008",
    },
    "pack": {
        "first": date(2026, 7, 1), "last": date(2026, 9, 30), "documents": 41, "missing": 1,
        "until": datetime(2026, 11, 28, 9, 20, tzinfo=UTC), "customer_name": "Forn Aurora",
    },
    "declaration": {
        "title": lanes.WORDS[Lane.EU].received, "save": lanes.WORDS[Lane.EU].save,
        "rows": [(lanes.WORDS[Lane.EU].name, "Forn Aurora")],
    },
    "notice": {
        "kind": "renews", "day": NOW.date(), "plan": "Team", "amount": EUR, "with_tax": True,
    },
    "pause_ends": {"amount": EUR, "day": NOW.date()},
    "pause_unpaid": {},
    "enquiry": {
        "enquiry": ENQUIRY, "topic": actions.TOPICS[ENQUIRY.topic],
        "why": enquiries.WHY[ENQUIRY.why], "customer_name": "Forn Aurora",
    },
    "answer": {"enquiry": ENQUIRY, "topic": actions.TOPICS[ENQUIRY.topic]},
    "payment_failed": {
        "amount": EUR, "invoices": INVOICES, "customer_name": "Forn Aurora",
        "why": declines.of_decline("insufficient_funds").happened, "receipt": 1042,
    },
    "collection": {
        **WAITING, "reason": "declined",
    },
    "uncollected": {
        **WAITING, "reason": "bank", "code": "authentication_required",
        "customer_name": "Forn Aurora", "customer_address": "ana@forn.example",
    },
    "credit_note": {
        "amount": EUR, "invoice": "F260001", "refund": "re_1", "payment": "pi_1",
    },
}  # fmt: skip
NAMES = sorted(VALUES)


@dataclass
class Postbox:
    mails: list[Mail] = field(default_factory=list)
    is_closed: bool = False

    def send(self, mail: Mail) -> None:
        if self.is_closed:
            raise GatewayUnavailable("the mail server cannot be reached", was_sent=False)
        self.mails.append(mail)


@pytest.fixture
def postbox() -> Postbox:
    return Postbox()


@pytest.fixture
def at(postbox: Postbox, tmp_path: Path) -> Iterator[MerchantContext]:
    """A merchant at work in an application, as the worker has it: no request anywhere."""
    app = Flask("portal", template_folder=str(ROOT / "templates"), static_folder=None)
    app.testing = True
    i18n.init_app(app, lambda: None, lambda: None)
    filters.init_app(app)
    with app.app_context():
        yield MerchantContext(
            merchant=MERCHANT,
            db=Database(f"sqlite:///{tmp_path}/never.db"),
            gateways=cast(Gateways, SimpleNamespace(mailer=postbox)),
            settings=Settings(),
            clock=lambda: NOW,
        )


def write(at: MerchantContext, name: str, locale: str = "en", **changes: Any) -> Mail:
    values = {"link": LINK} | VALUES[name] | changes
    return mail.compose(
        at, name, to="ana@forn.example", locale=locale, message_id=f"{name}-1", **values
    )


def every_locale() -> list[str]:
    return [locale.tag for locale in (*i18n.available(), *i18n.PSEUDOS)]


def words(text: str) -> str:
    return " ".join(html.unescape(text).split())


def sentences(markup: str) -> list[str]:
    """Return what a mail says in its HTML form, element by element, in reading order."""
    body = re.sub(r'<div class="hidden".*?</div>', "", markup, flags=re.DOTALL)
    found = re.findall(r"<(h1|p|th|td|a)\b[^>]*>((?:(?!<[a-z]).)*?)</\1>", body, flags=re.DOTALL)
    return [words(text) for _, text in found if words(text)]


def test_every_folder_of_templates_is_known_here():
    folders = {folder.name for folder in TEMPLATES.iterdir() if folder.is_dir()}

    assert folders - {"layouts"} == set(NAMES)


@pytest.mark.parametrize("locale", every_locale())
@pytest.mark.parametrize("name", NAMES)
def test_a_mail_is_whole_in_every_language(at, name, locale):
    found = write(at, name, locale)

    spoken = i18n.find(locale, i18n.available())
    document = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False).parse(found.html)
    assert document.attrib == {"lang": spoken.tag, "dir": spoken.direction}
    assert document.findtext("head/title") == found.subject
    assert len(document.findall(".//h1")) == 1
    assert [a.get("href") for a in document.iter("a")] == [LINK]
    assert LINK in found.text.split()
    assert found.subject
    assert "\n" not in found.subject
    assert found.locale == spoken.tag


@pytest.mark.parametrize("locale", every_locale())
@pytest.mark.parametrize("name", NAMES)
def test_the_plain_text_says_all_that_the_html_says(at, name, locale):
    found = write(at, name, locale)

    text = words(found.text)
    missing = [sentence for sentence in sentences(found.html) if sentence not in text]
    assert len(sentences(found.html)) > 4
    assert missing == []


@pytest.mark.parametrize("name", NAMES)
def test_no_sentence_escapes_translation(at, name):
    found = write(at, name, i18n.PSEUDOS[0].tag)

    untouched = (
        "Nuvol Studio", "Team", "Solo", "482 913", "Visa", "F260001", "1042", "Forn Aurora",
        "authentication_required", ENQUIRY.message, ENQUIRY.answer,
    )  # fmt: skip
    plain = [
        sentence
        for sentence in sentences(found.html)
        if re.search("[A-Za-z]{3}", sentence)
        and "⟦" not in sentence
        and not sentence.startswith(untouched)
        and not re.search(r"\d{4}|@", sentence)
    ]
    assert plain == []
    assert found.subject.startswith("⟦")


@pytest.mark.parametrize("locale", ["en", "es", "ca"])
@pytest.mark.parametrize("name", NAMES)
def test_a_subject_fits_a_line_of_a_mailbox(at, name, locale):
    assert len(write(at, name, locale).subject) <= 60


@pytest.mark.parametrize("name", NAMES)
def test_what_is_styled_is_styled_in_place(at, name):
    found = write(at, name)

    assert found.html.count("<style") == 1
    assert "prefers-color-scheme: dark" in found.html
    assert "max-width: 600px" in found.html.replace("max-width:600px", "max-width: 600px")
    assert "#1f3a5f" in found.html
    assert "<script" not in found.html
    assert "url(" not in found.html
    assert not re.search(r"<(img|link|iframe)\b", found.html)


def test_a_bright_brand_has_dark_words_on_its_button(at):
    bright = replace(at, merchant=replace(MERCHANT, brand_color="#ffd400"))

    button = re.search(r'<a[^>]*class="go"[^>]*>', write(bright, "receipt").html)

    assert "#ffd400" in button[0]
    assert "#000000" in button[0]


@pytest.mark.parametrize("name", NAMES)
def test_whom_to_ask_is_told_to_customers_and_not_to_the_merchant_itself(at, name):
    is_asked = "Questions? Write to help@nuvol.example." in write(at, name).text

    assert is_asked is (name not in TO_MERCHANTS)


def test_a_mail_comes_from_the_merchant_and_answers_reach_its_people(at):
    found = write(at, "receipt")

    assert (found.sender, found.sender_name) == ("billing@nuvol.example", "Nuvol Studio")
    assert (found.reply_to, found.to) == ("help@nuvol.example", "ana@forn.example")
    assert found.id == "receipt-1"


def test_a_merchant_without_an_address_writes_from_that_of_the_house(at):
    bare = replace(at, merchant=replace(MERCHANT, mail_from="", support_email=""))

    found = write(bare, "receipt")

    assert found.sender == at.settings.mail_from
    assert found.reply_to == ""
    assert "Questions?" not in found.text


def test_times_are_those_of_the_merchants_place(at):
    assert "10:20" in write(at, "sign_in").text.replace("\u202f", " ")


def test_test_data_says_so(at):
    test = replace(at, merchant=replace(MERCHANT, livemode=False))

    assert "no real money moves" in write(test, "receipt").text
    assert "no real money moves" not in write(at, "receipt").text


def test_the_sign_in_mail_holds_link_and_code(at):
    found = write(at, "sign_in")

    assert found.subject == "482 913 is your code for Nuvol Studio"
    assert "482 913" in found.text
    assert "482\u00a0913" in html.unescape(found.html)


def test_the_receipt_says_what_was_paid(at):
    text = write(at, "receipt").text

    assert "Receipt: 1042" in text
    assert "Invoice F260001: €1,180.96" in text
    assert "Amount: €1,180.96" in text
    assert "Payment method: Visa •••• 4242" in text
    assert "By: ana@forn.example" in text


@pytest.mark.parametrize(
    ("verb", "details", "said"),
    [
        (
            "cancelled",
            {"plan": "Team", "ends_on": "2026-12-12", "comment": "Too dear"},
            ["Subscription cancelled", "Plan: Team", "Ends: December 12, 2026", "Too dear"],
        ),
        (
            "plan_changed",
            {"plan_before": "Solo", "plan": "Team", "charged": 5, "currency": "eur"},
            ["Until now: Solo", "Plan: Team", "Charged now: €0.05"],
        ),
        (
            "offer_taken",
            {"percent_off": "20", "duration": "repeating", "months": 3},
            ["Off the price: 20%", "For how long: 3 months"],
        ),
        ("resumed", {"renews_on": "2026-12-11T23:30:00+00:00"}, ["Renews: December 12, 2026"]),
        (
            "method_kept_from_link",
            {"method_type": "sepa_debit", "brand": "", "last4": "3000"},
            ["Payment method: SEPA Direct Debit •••• 3000", "Somebody who has the link"],
        ),
        ("unheard_of", {"secret": "x"}, ["Change in what you pay"]),
    ],
)
def test_the_receipt_says_what_was_done(at, verb, details, said):
    done = action(verb, **details)

    text = write(at, "receipt", action=done, title=actions.tell(verb, done.details).title).text

    assert [words_ for words_ in said if words_ not in text] == []
    assert "secret" not in text


def test_every_action_that_is_written_has_a_title():
    calls = [
        node
        for module in (ROOT / "portal" / "services").glob("*.py")
        for node in ast.walk(ast.parse(module.read_text()))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func) in {"receipts.add", "receipts.add_for", "actions.add"}
    ]
    verbs = {
        argument.value
        for call in calls
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    }

    assert verbs
    assert verbs - set(actions.TITLES) == set()


@pytest.mark.parametrize("evil", ["A\r\nBcc: all@example.com", "\u202eevil\u0000", "x" * 10_000])
def test_b74_no_foreign_name_can_add_a_header(at, evil):
    found = write(replace(at, merchant=replace(MERCHANT, name=evil)), "sign_in")

    message = compose_message(found)
    assert message["Bcc"] is None
    assert len(message.get_all("Subject")) == 1


def test_foreign_text_is_text_and_no_markup(at):
    evil = replace(at, merchant=replace(MERCHANT, name="<b>Nuvol</b> & Co"))

    told = action("plan_changed", plan='"><script>alert(1)</script>', currency="eur")
    found = write(evil, "receipt", action=told)

    assert "<script" not in found.html
    assert "<b>" not in found.html
    assert "<script>alert(1)</script>" in found.text
    assert "<b>Nuvol</b> & Co" in found.text


def test_a_mail_with_a_hole_in_it_is_not_sent(at, postbox):
    with pytest.raises(UndefinedError):
        mail.send(at, "receipt", to="a@b.example", locale="en", message_id="1", link=LINK)

    assert postbox.mails == []


def test_a_mail_is_handed_over_once(at, postbox):
    mail.send(
        at, "sign_in", to="a@b.example", locale="es", message_id="sign-in-1", link=LINK,
        **VALUES["sign_in"],
    )  # fmt: skip

    assert [sent.id for sent in postbox.mails] == ["sign-in-1"]


@pytest.mark.parametrize("is_closed", [False, True])
def test_nothing_of_a_mail_is_logged(at, postbox, caplog, is_closed):
    postbox.is_closed = is_closed
    caplog.set_level(logging.DEBUG)
    values = VALUES["sign_in"] | {"code": "739104", "link": f"https://portal.example/l/{CANARY}"}

    with capture_logs() as logs:
        failure = ""
        try:
            mail.send(at, "sign_in", to="a@b.example", locale="en", message_id="1", **values)
        except GatewayUnavailable as error:
            failure = str(error)

    said = f"{logs}{caplog.text}{failure}"
    assert CANARY not in said
    assert "739104" not in said
    assert bool(failure) is is_closed


def test_a_language_nobody_speaks_here_is_answered_in_the_merchants(at):
    merchants = replace(at, merchant=replace(MERCHANT, locale="ar-XB"))

    assert write(merchants, "receipt", "tlh").locale == "ar-XB"
    assert write(at, "receipt", "en-IE").locale == "en-IE"


def test_the_language_before_comes_back(at):
    with i18n.speaking("ar-XB"):
        write(at, "receipt", "en")

        assert i18n.current().tag == "ar-XB"
