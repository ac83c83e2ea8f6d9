"""Billing details: what is shown, what can be changed, and what is said when it cannot."""

from datetime import UTC, datetime
from typing import Any

import pytest

from portal.context import Visit
from portal.domain.customers import Address, Origin, Profile
from portal.mirror import customers as mirror
from portal.services import sessions
from portal.store import actions
from portal.store.customers import find_ids
from tests.browser import Browser
from tests.factories import make_session
from tests.house import House
from tests.shop import Shop, sign_in
from tests.web.signing_in import carry

PAGE = "customer.account.show"
OPEN = frozenset({"name", "email", "address", "phone", "tax_id"})
HOME = {
    "line1": "Carrer Nou 7",
    "line2": "",
    "city": "Girona",
    "postal_code": "17001",
    "state": "",
    "country": "ES",
}
VAT = {"type": "es_cif", "value": "B12345674"}


@pytest.fixture
def shop(house: House) -> Shop:
    shop = Shop(house)
    shop.configure(customer_updates=OPEN)
    return shop


def enter(
    shop: Shop, browser: Browser, *, entered_by: str = sessions.BY_SIGN_IN, **fields: Any
) -> Visit:
    """Sign in somebody whom Stripe knows by these fields, and open their page."""
    customer = shop.customer(**{"phone": "+34 930 000 001", "address": HOME, **fields})
    visit = shop.visit(customer)
    sign_in(browser, visit, entered_by=entered_by)
    browser.get(PAGE)
    return visit


def told(shop: Shop, visit: Visit) -> Any:
    """Return the customer as Stripe has them."""
    return shop.stripe.customers.retrieve(visit.customer.stripe_customer, {"expand": ["tax_ids"]})


def sent(shop: Shop) -> list[dict[str, Any]]:
    """Return the writes to Stripe so far."""
    return [one for one in shop.house.requests("stripe") if one["method"] != "GET"]


def values_of(browser: Browser, name: str) -> list[str]:
    """Return the values of the fields of a name on the page a browser is on."""
    assert browser.page is not None
    fields = browser.page.tree.iter("input")
    return [field.get("value", "") for field in fields if field.get("name") == name]


def test_what_is_known_is_shown(shop: Shop, browser: Browser) -> None:
    enter(
        shop,
        browser,
        shipping={"name": "Obrador", "address": {"line1": "Moll 3", "country": "FR"}},
        tax_id_data=[{"type": "eu_vat", "value": "ES111111111"}],
    )

    page = browser.get(PAGE)

    assert values_of(browser, "name") == ["Forn Aurora"]
    assert values_of(browser, "phone") == ["+34 930 000 001"]
    assert values_of(browser, "line1") == ["Carrer Nou 7"]
    assert "Obrador" in page.text
    assert "Moll 3" in page.text
    assert "France" in page.text
    assert "ES111111111 Could not be verified" in page.text
    assert "European Union – VAT" in page.text


def test_only_what_was_changed_is_sent(shop: Shop, browser: Browser) -> None:
    visit = enter(shop, browser)
    before = len(sent(shop))

    page = browser.press("Save", phone="+34 930 000 002")

    assert "Saved." in page.text
    [write] = sent(shop)[before:]
    assert write["path"] == f"/v1/customers/{visit.customer.stripe_customer}"
    assert (told(shop, visit).phone, told(shop, visit).name) == ("+34 930 000 002", "Forn Aurora")
    assert values_of(browser, "phone") == ["+34 930 000 002"]
    assert actions.list_page(
        visit.db, visit.merchant.id, visit.customer.id, before=actions.NEWEST, limit=9
    )[0].details["changed"] == ["phone"]


def test_what_is_no_telephone_number_is_refused_beside_its_field(
    shop: Shop, browser: Browser
) -> None:
    visit = enter(shop, browser)

    page = browser.press("Save", status=422, phone="abc")

    assert "Please enter a telephone number" in page.text
    assert told(shop, visit).phone == "+34 930 000 001"


def test_an_address_is_saved_as_a_whole(shop: Shop, browser: Browser) -> None:
    visit = enter(shop, browser)

    browser.press("Save", line1="Rue Neuve 1", city="Lyon", postal_code="69001", country="FR")

    address = told(shop, visit).address
    assert (address.line1, address.city, address.country) == ("Rue Neuve 1", "Lyon", "FR")


def test_saving_without_a_change_asks_nothing_of_stripe(shop: Shop, browser: Browser) -> None:
    enter(shop, browser)
    before = len(shop.house.requests("stripe"))

    page = browser.press("Save")

    assert "Nothing was changed." in page.text
    assert len(shop.house.requests("stripe")) == before


def test_l17_the_address_that_opened_the_session_is_shown_and_not_a_field(
    shop: Shop, browser: Browser
) -> None:
    visit = enter(shop, browser)

    page = browser.get(PAGE)
    browser.press("Save", email="thief@other.example", name="Forn Nou")

    assert "ana@fornaurora.example" in page.text
    assert "You signed in through this e-mail address" in page.text
    assert "Ask Nuvol Studio to change it. Ask them" in page.text
    assert values_of(browser, "email") == []
    assert (told(shop, visit).email, told(shop, visit).name) == (
        "ana@fornaurora.example",
        "Forn Nou",
    )


def test_l17_a_session_of_the_merchants_own_making_may_change_the_address(
    shop: Shop, browser: Browser
) -> None:
    visit = enter(shop, browser, entered_by=sessions.BY_SESSION_LINK)

    browser.press("Save", email="new@fornaurora.example")

    assert told(shop, visit).email == "new@fornaurora.example"


def test_what_the_merchant_does_not_open_is_read_only_with_whom_to_ask(
    shop: Shop, browser: Browser
) -> None:
    shop.configure(customer_updates=frozenset({"phone"}))
    visit = enter(shop, browser)

    page = browser.get(PAGE)
    browser.press("Save", phone="+34 1", name="Forn Nou", line1="Elsewhere 1")

    assert "Forn Aurora" in page.text
    assert "Carrer Nou 7" in page.text
    assert values_of(browser, "name") == values_of(browser, "line1") == []
    assert page.link("Ask them") == "/nuvol/questions/new?topic=details&of="
    assert (told(shop, visit).phone, told(shop, visit).name) == ("+34 1", "Forn Aurora")
    assert told(shop, visit).address.line1 == "Carrer Nou 7"


def test_where_nothing_is_open_there_is_nothing_to_save(shop: Shop, browser: Browser) -> None:
    shop.configure(customer_update=False)
    enter(shop, browser, tax_id_data=[VAT])

    page = browser.get(PAGE)

    assert "Forn Aurora" in page.text
    assert "B12345674" in page.text
    assert not {"Save", "Add tax ID", "Remove B12345674"} & set(page.button_names)


def test_who_is_known_to_holded_alone_reads_their_data_and_whom_to_ask(
    house: House, browser: Browser
) -> None:
    now = datetime.now(UTC)
    profile = Profile(
        Origin.HOLDED,
        "contact_9",
        "Joana Prado",
        "joana@example.com",
        address=Address(line1="Rua 1", country="BR"),
    )
    with house.db.write() as unit:
        mirror.save(unit, house.merchant, [(profile, now)], now=now)
        customer = find_ids(unit, house.merchant, Origin.HOLDED, ["contact_9"])["contact_9"]
    carry(browser, make_session(house.at, customer))

    page = browser.get(PAGE)
    refused = browser.post("customer.account.update", {"name": "Other"})

    assert "Joana Prado" in page.text
    assert "Brazil" in page.text
    assert "Only Nuvol Studio can change them. Ask them" in page.text
    assert "Save" not in page.button_names
    assert "has not opened this here" in refused.text


@pytest.mark.provider
@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "Please fill this in."),
        ("name", "n" * 10_240, "At most 256 characters"),
        ("name", "Forn \u202eAurora", "characters in it that cannot be shown"),
        ("phone", "9" * 10_240, "At most 20 characters"),
        ("line1", "x" * 10_240, "At most 200 characters"),
        ("country", "ZZ", "Please choose one of the list."),
        ("country", "x" * 10_240, "Please choose one of the list."),
        ("email", "no address", "This is not an e-mail address"),
        ("email", "a\u202eb@example.com", "characters in it that cannot be shown"),
    ],
)
def test_b74_what_cannot_be_taken_is_said_beside_its_field_and_changes_nothing(
    shop: Shop, browser: Browser, field: str, value: str, sentence: str
) -> None:
    visit = enter(shop, browser, entered_by=sessions.BY_SESSION_LINK)

    page = browser.press("Save", status=422, **{field: value})

    assert page.title.startswith("Error: ")
    beside = next(one for one in page.tree.iter("p") if one.get("id") == f"{field}-wrong")
    assert sentence in "".join(beside.itertext())
    assert page.link(sentence) == f"#{field}"
    assert (told(shop, visit).name, told(shop, visit).email) == (
        "Forn Aurora",
        "ana@fornaurora.example",
    )
    assert told(shop, visit).address.country == "ES"


@pytest.mark.parametrize(
    ("typed", "taken"),
    [
        ("Fórn 🥐 Àürora", "Fórn 🥐 Àürora"),
        ("Forn\r\nBcc: all@example.com", "Forn Bcc: all@example.com"),
        ("  面包店  ", "面包店"),
        ("<b>Forn</b> & '\"Co", "<b>Forn</b> & '\"Co"),
        ("مخبز", "مخبز"),
    ],
)
def test_b74_unusual_names_are_taken_harmlessly(
    shop: Shop, browser: Browser, typed: str, taken: str
) -> None:
    visit = enter(shop, browser)

    browser.press("Save", name=typed)

    assert told(shop, visit).name == taken
    assert values_of(browser, "name") == [taken]


def test_what_was_typed_is_still_there_after_an_error(shop: Shop, browser: Browser) -> None:
    enter(shop, browser)

    browser.press("Save", status=422, name="", phone="+34 555", line1="Rue 1")

    assert values_of(browser, "phone") == ["+34 555"]
    assert values_of(browser, "line1") == ["Rue 1"]


def test_a_tax_id_is_added_and_removed(shop: Shop, browser: Browser) -> None:
    visit = enter(shop, browser)

    added = browser.press("Add tax ID", **VAT)

    assert "Saved." in added.text
    assert "Spain – CIF" in added.text
    assert [tax_id.value for tax_id in told(shop, visit).tax_ids.data] == ["B12345674"]

    removed = browser.press("Remove B12345674")

    assert "The tax ID was removed" in removed.text
    assert told(shop, visit).tax_ids.data == []


@pytest.mark.provider
@pytest.mark.parametrize(
    ("field", "posted", "sentence"),
    [
        ("value", {"value": "nonsense"}, "does not look like one of that kind"),
        ("value", {"value": ""}, "Please fill this in."),
        ("value", {"value": "9" * 10_240}, "At most 40 characters"),
        ("value", {"value": "B123\u202e45674"}, "characters in it that cannot be shown"),
        ("type", {"type": ""}, "Please choose one of the list."),
        ("type", {"type": "xx_made_up"}, "Please choose one of the list."),
    ],
)
def test_a_tax_id_that_is_refused_says_why_beside_its_field(
    shop: Shop, browser: Browser, field: str, posted: dict[str, str], sentence: str
) -> None:
    visit = enter(shop, browser)

    page = browser.press("Add tax ID", status=422, **{**VAT, **posted})

    beside = next(one for one in page.tree.iter("p") if one.get("id") == f"{field}-wrong")
    assert sentence in "".join(beside.itertext())
    assert page.title.startswith("Error: ")
    assert told(shop, visit).tax_ids.data == []


def test_a_tax_id_is_kept_once_and_no_more_than_five(shop: Shop, browser: Browser) -> None:
    ids = [{"type": "es_cif", "value": f"B1234567{n}"} for n in range(5)]
    enter(shop, browser, tax_id_data=ids[:4])
    known = browser.press("Add tax ID", status=422, **ids[0])
    browser.press("Add tax ID", **ids[4])

    full = browser.press("Add tax ID", status=422, type="es_cif", value="B99999999")

    assert "This tax ID is here already." in known.text
    assert "No more than five tax IDs can be kept" in full.text


def test_b15_somebody_elses_tax_id_is_not_found(shop: Shop, browser: Browser) -> None:
    other = enter(shop, browser, tax_id_data=[VAT])
    [tax_id] = told(shop, other).tax_ids.data
    enter(shop, browser, email="b@other.example")

    browser.post("customer.account.remove_tax_id", id=tax_id.id, status=404)

    assert len(told(shop, other).tax_ids.data) == 1


@pytest.mark.parametrize("button", ["Save", "Add tax ID"])
def test_stripe_being_down_is_said_and_what_was_typed_stays(
    shop: Shop, browser: Browser, button: str
) -> None:
    enter(shop, browser)
    shop.house.stripe_wire.is_cut = True

    page = browser.press(button, status=503, name="Forn Nou", **VAT)

    assert "does not answer right now. Nothing was changed" in page.text
    field = {"Save": ("name", "Forn Nou"), "Add tax ID": ("value", "B12345674")}[button]
    assert values_of(browser, field[0]) == [field[1]]


def test_an_answer_that_was_lost_is_called_unknown(shop: Shop, browser: Browser) -> None:
    enter(shop, browser)
    shop.house.control("stripe", "faults", kind="lose_answer", method="POST")

    page = browser.press("Save", name="Forn Nou")

    assert "We are checking whether this was done" in page.text


def test_countries_are_named_in_the_language_of_the_visitor(shop: Shop, browser: Browser) -> None:
    enter(shop, browser)
    browser.app.config["PSEUDO_LOCALES"] = True

    page = browser.get(PAGE, locale="ar-XB")

    options = ["".join(option.itertext()) for option in page.tree.iter("option")]
    assert "إسبانيا" in options
    assert page.tree.get("dir") == "rtl"


def test_a_language_is_chosen_on_the_page(shop: Shop, browser: Browser) -> None:
    enter(shop, browser)
    browser.app.config["PSEUDO_LOCALES"] = True
    browser.get(PAGE)

    page = browser.press("Use this language", locale="ar-XB")

    assert page.tree.get("lang") == "ar-XB"
    assert browser.get(PAGE).tree.get("lang") == "ar-XB"


def test_signing_out_everywhere_ends_this_session_too(shop: Shop, browser: Browser) -> None:
    visit = enter(shop, browser)
    other = Browser(browser.app, merchant="nuvol")
    sign_in(other, visit)
    browser.get(PAGE)

    browser.press("Sign out everywhere")

    assert "/login" in browser.get(PAGE).url
    assert "/login" in other.get(PAGE).url


def test_the_page_takes_five_statements(shop: Shop, make_app) -> None:
    browser = Browser(make_app(statements_header=True), merchant="nuvol")
    enter(shop, browser)

    page = browser.get(PAGE)

    assert int(page.headers["X-Statements"]) <= 5
