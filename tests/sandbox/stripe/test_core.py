"""What every route shares: keys, parameters, errors, lists, idempotency, faults, clock."""

import threading
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import stripe

from portal.sandbox.stripe import AnswerLost, ConnectionReset, create_app
from tests.sandbox.stripe.conftest import Shop

DAY = 86400


def error(answer: httpx.Response) -> dict[str, Any]:
    """The error hash of an answer."""
    found: dict[str, Any] = answer.json()["error"]
    return found


def test_basic_and_bearer_keys_open_the_same_account(shop: Shop) -> None:
    bearer = shop.call("GET", "/v1/account").json()
    basic = shop.transport.http.get("/v1/account", auth=(shop.key, "")).json()

    assert bearer["id"] == basic["id"] == shop.account["id"]


@pytest.mark.parametrize("header", [None, "Bearer sk_test_wrong", "Basic ???", "Bearer"])
def test_a_wrong_key_is_401_and_is_not_repeated(shop: Shop, header: str | None) -> None:
    headers = {"Authorization": header} if header else {}

    answer = shop.transport.http.get("/v1/customers", headers=headers)

    assert answer.status_code == 401
    assert error(answer)["type"] == "invalid_request_error"
    assert "sk_test_wrong" not in answer.text


def test_accounts_never_see_each_other(shop: Shop, open_shop: Callable[..., Shop]) -> None:
    mine = shop.api.customers.create({"email": "a@example.com"})
    other = open_shop(id="acct_other", secret_key="sk_test_other")

    with pytest.raises(stripe.InvalidRequestError) as caught:
        other.api.customers.retrieve(mine.id)

    assert caught.value.code == "resource_missing"
    assert other.api.customers.list().data == []


def test_a_platform_acts_for_its_connected_account_only(
    shop: Shop, open_shop: Callable[..., Shop]
) -> None:
    open_shop(id="acct_mine", platform=shop.account["id"])
    open_shop(id="acct_else")

    mine = shop.call("GET", "/v1/account", headers={"Stripe-Account": "acct_mine"})
    other = shop.call("GET", "/v1/account", headers={"Stripe-Account": "acct_else"})

    assert mine.json()["id"] == "acct_mine"
    assert (other.status_code, error(other)["code"]) == (403, "account_invalid")


@pytest.mark.parametrize(
    ("path", "form", "code", "param"),
    [
        ("/v1/customers", {"nmae": "A"}, "parameter_unknown", "nmae"),
        ("/v1/customers", {"address[street]": "A"}, "parameter_unknown", "address[street]"),
        ("/v1/products", {}, "parameter_missing", "name"),
        ("/v1/customers", {"balance": "ten"}, "parameter_invalid_integer", "balance"),
        ("/v1/customers", {"metadata": "x"}, None, "metadata"),
        ("/v1/customers", {"tax_exempt": "maybe"}, None, "tax_exempt"),
        ("/v1/customers", {"email": "nobody"}, "email_invalid", "email"),
        ("/v1/customers", {"invoice_prefix": ""}, "parameter_invalid_empty", "invoice_prefix"),
        ("/v1/customers", {"a[b": "x"}, None, "a[b"),
        ("/v1/customers", {"name": "x" * 6000}, None, "name"),
        ("/v1/prices", {"currency": "xxx", "unit_amount": 1, "product": "p"}, None, "currency"),
        (
            "/v1/payment_intents",
            {"amount": 100, "currency": "eur", "payment_method_types[0]": "card"},
            "payment_method_types_no_longer_supported",
            "payment_method_types",
        ),
        (
            "/v1/subscriptions/sub_1",
            {"billing_cycle_anchor": "now"},
            None,
            "billing_cycle_anchor",
        ),
    ],
)
def test_wrong_parameters_are_refused_as_stripe_does(
    shop: Shop, path: str, form: dict[str, Any], code: str | None, param: str
) -> None:
    answer = shop.call("POST", path, data=form)

    assert answer.status_code == 400
    assert error(answer)["type"] == "invalid_request_error"
    assert (error(answer).get("code"), error(answer)["param"]) == (code, param)


def test_refused_requests_change_nothing(shop: Shop) -> None:
    shop.call("POST", "/v1/customers", data={"email": "a@example.com", "nmae": "A"})

    assert shop.api.customers.list().data == []
    assert shop.events() == []


def test_unknown_addresses_are_404_and_unmodelled_ones_say_so(shop: Shop) -> None:
    unknown = shop.call("GET", "/v1/customer")
    unmodelled = shop.call("GET", "/v1/issuing/cards")

    assert unknown.status_code == 404
    assert error(unknown)["message"].startswith("Unrecognized request URL (GET: /v1/customer)")
    assert (unmodelled.status_code, error(unmodelled)["code"]) == (400, "sandbox_unsupported")


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"email": "a@example.com"}', "application/json"),
        (b"\xff\xfe=1", "application/x-www-form-urlencoded"),
        (b"a" * 1_200_000, "application/x-www-form-urlencoded"),
        (b"a[b][c][d][e][f][g][h][i][j][k][l][m]=1", "application/x-www-form-urlencoded"),
        (b"&".join(b"a%d=1" % one for one in range(3000)), "application/x-www-form-urlencoded"),
    ],
)
def test_garbage_gets_an_envelope_and_changes_nothing(
    shop: Shop, content: bytes, kind: str
) -> None:
    answer = shop.call("POST", "/v1/customers", content=content, headers={"Content-Type": kind})

    assert answer.status_code in (400, 413)
    assert error(answer)["message"]
    assert shop.api.customers.list().data == []


def test_older_versions_are_refused_and_the_own_train_is_taken(shop: Shop) -> None:
    old = shop.call("GET", "/v1/account", headers={"Stripe-Version": "2024-06-20"})
    wrong = shop.call("GET", "/v1/account", headers={"Stripe-Version": "yesterday"})
    same = shop.call("GET", "/v1/account", headers={"Stripe-Version": "2026-09-30.endive"})

    assert error(old)["code"] == "sandbox_unsupported"
    assert "Invalid Stripe API version" in error(wrong)["message"]
    assert same.headers["Stripe-Version"] == "2026-09-30.endive"


def test_lists_page_in_both_directions_newest_first(shop: Shop) -> None:
    made = [shop.api.customers.create({"name": str(number)}).id for number in range(5)][::-1]

    first = shop.api.customers.list({"limit": 2})
    second = shop.api.customers.list({"limit": 2, "starting_after": made[1]})
    back = shop.api.customers.list({"limit": 2, "ending_before": made[4]})

    assert ([one.id for one in first.data], first.has_more) == (made[:2], True)
    assert [one.id for one in second.data] == made[2:4]
    assert [one.id for one in back.data] == made[2:4]
    assert [one.id for one in shop.api.customers.list({"limit": 2}).auto_paging_iter()] == made


@pytest.mark.parametrize("limit", [0, 101])
def test_a_page_holds_1_to_100(shop: Shop, limit: int) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="between 1 and 100"):
        shop.api.customers.list({"limit": limit})


def test_filters_choose_by_field_and_by_time(shop: Shop) -> None:
    old = shop.api.customers.create({"email": "a@example.com"})
    shop.sandbox.advance(DAY)
    new = shop.api.customers.create({"email": "b@example.com"})

    by_email = shop.api.customers.list({"email": "a@example.com"}).data
    by_time = shop.api.customers.list({"created": {"gt": old.created}}).data

    assert [one.id for one in by_email] == [old.id]
    assert [one.id for one in by_time] == [new.id]


def test_expand_follows_ids_through_lists(shop: Shop, customer: Any) -> None:
    method = shop.api.payment_methods.attach("pm_card_visa", {"customer": customer.id})
    shop.pay(method.id, customer=customer.id)

    found = shop.api.payment_intents.list(
        {"expand": ["data.latest_charge.balance_transaction", "data.customer"]}
    )

    assert found.data[0].latest_charge.balance_transaction.net == 1500 - 47
    assert found.data[0].customer.email == "ana@example.com"


@pytest.mark.parametrize("path", ["nothing", "email", "a.b.c.d.e", "metadata.x"])
def test_what_cannot_be_expanded_is_refused(shop: Shop, customer: Any, path: str) -> None:
    with pytest.raises(stripe.InvalidRequestError, match="expand"):
        shop.api.customers.retrieve(customer.id, {"expand": [path]})


def test_metadata_merges_and_unsets(shop: Shop) -> None:
    made = shop.api.customers.create({"metadata": {"a": "1", "b": "2"}})

    some = shop.api.customers.update(made.id, {"metadata": {"a": "", "c": "3"}})
    none = shop.api.customers.update(made.id, {"metadata": ""})

    assert some.metadata.to_dict() == {"b": "2", "c": "3"}
    assert none.metadata.to_dict() == {}


def test_an_update_says_what_was_before_and_only_that(shop: Shop, customer: Any) -> None:
    shop.api.customers.update(customer.id, {"name": "Bea", "address": {"country": "ES"}})
    shop.api.customers.update(customer.id, {"name": "Bea"})

    event = shop.api.events.list({"type": "customer.updated"}).data

    assert len(event) == 1
    assert event[0].data.previous_attributes.to_dict() == {"name": "Ana", "address": None}


def test_the_same_key_repeats_the_same_answer(shop: Shop) -> None:
    options = {"idempotency_key": "once"}
    first = shop.api.customers.create({"name": "A"}, options)

    second = shop.api.customers.create({"name": "A"}, options)

    assert first.id == second.id
    assert second.last_response.headers["idempotent-replayed"] == "true"
    assert len(shop.api.customers.list().data) == 1


def test_a_decline_is_repeated_too(shop: Shop) -> None:
    for _ in range(2):
        with pytest.raises(stripe.CardError):
            shop.api.payment_intents.create(
                {
                    "amount": 1500,
                    "currency": "eur",
                    "payment_method": "pm_card_visa_chargeDeclined",
                    "confirm": True,
                    "return_url": "https://shop.example",
                },
                {"idempotency_key": "declined"},
            )

    assert len(shop.charges()) == 1


def test_the_same_key_with_other_parameters_is_an_error(shop: Shop) -> None:
    options = {"idempotency_key": "once"}
    shop.api.customers.create({"name": "A"}, options)

    with pytest.raises(stripe.IdempotencyError):
        shop.api.customers.create({"name": "B"}, options)


def test_a_refused_request_leaves_its_key_free(shop: Shop) -> None:
    options = {"idempotency_key": "again"}
    with pytest.raises(stripe.InvalidRequestError):
        shop.api.customers.create({"email": "nobody"}, options)

    assert shop.api.customers.create({"email": "a@example.com"}, options).id


def test_a_key_is_forgotten_after_a_day(shop: Shop) -> None:
    options = {"idempotency_key": "once"}
    first = shop.api.customers.create({"name": "A"}, options)
    shop.sandbox.advance(DAY + 1)

    second = shop.api.customers.create({"name": "A"}, options)

    assert first.id != second.id


def test_a_key_in_use_is_a_conflict(shop: Shop) -> None:
    shop.transport.http.post("/_sandbox/faults", json={"kind": "delay", "seconds": 0.5})
    headers = {"Idempotency-Key": "busy"}
    answers: list[int] = []

    def ask() -> None:
        answers.append(shop.call("POST", "/v1/customers", headers=headers).status_code)

    threads = [threading.Thread(target=ask) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [200, 409]


def test_a_lost_answer_was_executed(shop: Shop) -> None:
    shop.transport.http.post("/_sandbox/faults", json={"kind": "lose_answer", "method": "POST"})

    with pytest.raises(AnswerLost):
        shop.call("POST", "/v1/customers", data={"name": "A"}, headers={"Idempotency-Key": "k"})

    again = shop.call("POST", "/v1/customers", data={"name": "A"}, headers={"Idempotency-Key": "k"})
    assert again.headers["Idempotent-Replayed"] == "true"
    assert len(shop.api.customers.list().data) == 1


def test_other_faults_execute_nothing(shop: Shop) -> None:
    for fault in (
        {"kind": "status", "status": 503},
        {"kind": "status", "status": 429},
        {"kind": "html"},
        {"kind": "reset"},
    ):
        shop.transport.http.post("/_sandbox/faults", json=fault | {"path": "/v1/customers"})

    first = shop.call("POST", "/v1/customers")
    second = shop.call("POST", "/v1/customers")
    third = shop.call("POST", "/v1/customers")
    with pytest.raises(ConnectionReset):
        shop.call("POST", "/v1/customers")

    assert (first.status_code, second.status_code) == (503, 429)
    assert third.text.startswith("<!doctype html>")
    assert shop.api.customers.list().data == []


@pytest.mark.parametrize("wrong", [{"kind": "fire"}, {"kind": "delay", "when": 1}, [], None])
def test_a_wrong_fault_is_refused(shop: Shop, wrong: Any) -> None:
    assert shop.transport.http.post("/_sandbox/faults", json=wrong).status_code == 400


def test_the_clock_dates_everything_and_only_goes_forward(shop: Shop) -> None:
    before = shop.transport.http.get("/_sandbox/clock").json()["now"]

    shop.transport.http.post("/_sandbox/clock", json={"advance": 30 * DAY})
    answer = shop.call("POST", "/v1/customers")
    back = shop.transport.http.post("/_sandbox/clock", json={"now": before})

    assert answer.json()["created"] >= before + 30 * DAY
    date = parsedate_to_datetime(answer.headers["Date"]).timestamp()
    assert abs(date - answer.json()["created"]) <= 1
    assert back.status_code == 400


def test_the_ledger_names_the_caller_and_hides_secrets(shop: Shop) -> None:
    shop.call(
        "POST",
        "/v1/payment_methods",
        data={"type": "card", "card[number]": "4242424242424242", "card[cvc]": "123"},
        headers={"User-Agent": "portal-web", "Idempotency-Key": "k"},
    )

    entry = shop.transport.http.get("/_sandbox/requests.json?since=0").json()[-1]

    assert (entry["method"], entry["path"]) == ("POST", "/v1/payment_methods")
    assert (entry["user_agent"], entry["idempotency_key"]) == ("portal-web", "k")
    assert (entry["account"], entry["status"]) == (shop.account["id"], 200)
    assert "4242424242424242" not in str(entry)
    later = shop.transport.http.get(f"/_sandbox/requests.json?since={entry['seq']}").json()
    assert later == []


def test_state_outlives_the_process(tmp_path: Path) -> None:
    first = create_app(tmp_path)
    account = first.extensions["stripe_sandbox"].add_account({"secret_key": "sk_test_kept"})
    headers = {"Authorization": "Bearer sk_test_kept"}
    made = first.test_client().post("/v1/customers", headers=headers).json
    first.extensions["stripe_sandbox"].advance(DAY)

    second = create_app(tmp_path)

    assert made is not None
    found = second.test_client().get(f"/v1/customers/{made['id']}", headers=headers).json
    assert found == made
    assert second.extensions["stripe_sandbox"].clock.offset >= DAY
    assert second.extensions["stripe_sandbox"].account(account["id"]) == account


def test_the_same_demo_data_gets_the_same_ids(tmp_path: Path) -> None:
    ids = []
    for _ in range(2):
        app = create_app()
        app.extensions["stripe_sandbox"].add_account({"id": "acct_demo", "secret_key": "sk_test_d"})
        headers = {"Authorization": "Bearer sk_test_d"}
        answer = app.test_client().post("/v1/customers", headers=headers).json
        ids.append((answer or {})["id"])

    assert ids[0] == ids[1]
    assert ids[0].startswith("cus_")


def test_a_customer_begins_with_a_test_method_as_its_default(shop: Shop) -> None:
    made = shop.api.customers.create(
        {
            "payment_method": "pm_card_visa",
            "invoice_settings": {"default_payment_method": "pm_card_visa"},
        }
    )

    (method,) = shop.api.payment_methods.list({"customer": made.id}).data
    assert made.invoice_settings.default_payment_method == method.id
