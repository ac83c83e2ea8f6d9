"""A merchant joins by the command line: keys are tried, and what is wrong is said in one line."""

import pytest
from click.testing import Result
from flask import Flask
from pydantic import SecretStr

from portal import cli
from portal.app import create_app
from portal.services import inbox
from portal.store import merchants, secrets
from portal.store.merchants import EndpointRow
from portal.web.installation import of
from tests.cli.running import run
from tests.house import House


@pytest.fixture
def stripe_key(house: House) -> str:
    made = house.control(
        "stripe", "accounts", id="acct_sun", country="FR", default_currency="eur", name="Sunbeam"
    )
    return str(made["secret_key"])


@pytest.fixture
def holded_token(house: House) -> str:
    house.control("holded", "accounts", id="acc_sun", name="Sunbeam", token="pat_sun")
    return "pat_sun"


def add(app: Flask, key: str, *more: str) -> Result:
    return run(app, "merchant", "add", "--slug", "sun", "--stripe-key", key, *more)


def test_a_merchant_joins_with_a_stripe_key_alone(app, house, stripe_key):
    result = add(app, stripe_key)

    merchant = merchants.get(house.db, "sun")
    assert result.exit_code == 0, result.output
    assert "http://127.0.0.1:8000/sun/" in result.output
    assert (merchant.name, merchant.country, merchant.currency) == ("Sunbeam", "FR", "eur")
    assert merchant.stripe_account == "acct_sun"
    assert merchant.is_test
    assert not merchant.has_holded


def test_the_webhook_is_registered_at_stripe_and_its_secret_kept(app, house, stripe_key):
    result = add(app, stripe_key)

    merchant = merchants.get(house.db, "sun")
    with house.db.session() as reader:
        endpoint = reader.query(EndpointRow).filter_by(merchant_id=merchant.id).one()
    kept = secrets.find(house.db, house.keyring, merchant.id, inbox.secret_field(endpoint.id))
    assert f"Stripe posts to http://127.0.0.1:8000/hooks/stripe/{endpoint.id}" in result.output
    assert kept is not None
    assert kept.startswith("whsec_")


def test_a_merchant_joins_with_holded_and_books_on_the_account_named(
    app, house, stripe_key, holded_token
):
    result = add(
        app, stripe_key, "--holded-token", holded_token, "--holded-treasury", "nothing of ours"
    )

    assert result.exit_code == 1
    assert "--holded-treasury is to be one account of:" in result.output


@pytest.fixture
def first_key(house: House, holded_token: str) -> str:
    """The key of the first API of an account with one treasury for gateways."""
    accounts = house.holded_app.test_client().get("/_sandbox/accounts").get_json()
    key = next(one["v1_key"] for one in accounts if one["id"] == "acc_sun")
    made = house.holded_app.test_client().post(
        "/api/invoicing/v1/treasury",
        json={"name": "Stripe", "type": "gateway"},
        headers={"key": key},
    )
    assert made.status_code == 201
    return str(key)


def test_a_merchant_joins_with_a_key_of_the_first_api_and_is_looked_after(
    app, house, stripe_key, first_key
):
    result = add(app, stripe_key, "--holded-token", first_key)

    assert result.exit_code == 0, result.output
    assert "the worker looks for changes every 44 minutes" in result.output
    assert "Register this address in Holded" not in result.output
    assert first_key not in result.output
    merchant = merchants.get(house.db, "sun")
    assert merchant.has_holded
    assert merchant.holded_treasury


def test_a_dead_key_of_the_first_api_is_refused(app, house, stripe_key):
    result = add(app, stripe_key, "--holded-token", "0" * 32)

    assert result.exit_code == 1
    assert result.output.startswith("Error: Holded does not take the token:")


def test_a_merchant_moves_to_the_second_api_with_a_token_of_the_same_account(
    app, house, stripe_key, first_key, holded_token
):
    add(app, stripe_key, "--holded-token", first_key)

    result = run(app, "merchant", "token", "sun", "--token", holded_token)

    assert result.exit_code == 0, result.output
    assert "Register this address in Holded: http://127.0.0.1:8000/hooks/holded/" in result.output
    merchant = merchants.get(house.db, "sun")
    kept = secrets.find(house.db, house.keyring, merchant.id, "holded_token")
    assert kept == holded_token


def test_a_token_of_another_account_is_not_taken(app, house, stripe_key, first_key):
    add(app, stripe_key, "--holded-token", first_key)

    result = run(app, "merchant", "token", "sun", "--token", house.holded_token)

    assert result.exit_code == 1
    assert "opens another account" in result.output
    merchant = merchants.get(house.db, "sun")
    assert secrets.find(house.db, house.keyring, merchant.id, "holded_token") == first_key


def test_a_key_that_is_none_is_refused_in_one_line(app, house):
    result = add(app, "sk_test_nonsense")

    assert result.exit_code == 1
    assert len(result.output.strip().splitlines()) == 1
    assert result.output.startswith("Error: Stripe does not take the key:")
    assert "sk_test_nonsense" not in result.output


def test_a_token_that_is_none_is_refused_in_one_line(app, house, stripe_key):
    result = add(app, stripe_key, "--holded-token", "nonsense")

    assert result.exit_code == 1
    assert len(result.output.strip().splitlines()) == 1
    assert result.output.startswith("Error: Holded does not take the token:")


@pytest.mark.provider
@pytest.mark.parametrize(
    ("option", "value"),
    [("--color", "red"), ("--color", "#12345"), ("--timezone", "Mars/Base"), ("--country", "ESP"),
     ("--currency", "e"), ("--locale", "klingon"), ("--return-url", "javascript:alert(1)"),
     ("--support-email", "nobody")],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_by_its_option(app, house, stripe_key, option, value):
    result = add(app, stripe_key, option, value)

    assert result.exit_code == 1
    assert result.output.startswith(f"Error: {option} is to be ")
    assert len(merchants.list_all(house.db)) == 1


@pytest.mark.provider
@pytest.mark.parametrize("slug", ["v1", "api", "x", "Sun", "a b", "reports", "../up", "i"])
def test_a_name_that_cannot_stand_in_an_address_is_refused(app, house, stripe_key, slug):
    result = add(app, stripe_key, "--slug", slug)

    assert result.output.startswith("Error: --slug is to be ")


def test_one_stripe_account_belongs_to_one_merchant(app, stripe_key):
    add(app, stripe_key)

    result = add(app, stripe_key, "--slug", "moon")

    assert result.exit_code == 1
    assert "or has the account acct_sun" in result.output


def test_a_second_secret_stands_beside_the_first(app, house, stripe_key):
    add(app, stripe_key, "--stripe-webhook-secret", "whsec_one")
    run(app, "merchant", "webhook", "sun", "stripe", "--secret", "whsec_two")
    run(app, "merchant", "webhook", "sun", "stripe", "--secret", "whsec_three")

    with house.db.session() as reader:
        merchant = merchants.get(house.db, "sun")
        endpoint = reader.query(EndpointRow).filter_by(merchant_id=merchant.id).one()
    found = inbox.find_endpoint(house.db, house.keyring, endpoint.id)
    assert found.secrets == ("whsec_three", "whsec_two")


def test_merchants_are_listed(app):
    assert run(app, "merchant", "list").output == "nuvol\tNuvol Studio\tacct_house\ttest data\n"


def test_a_new_key_opens_what_the_old_one_sealed(tmp_path, house):
    settings = house.settings.model_copy(update={"secret_key": SecretStr("")})
    bare = Flask("bare")
    cli.init_app(bare, settings)
    run(bare, "init")
    app = create_app(settings, gateways=house.gateways)
    parts = of(app)
    with parts.db.write() as unit:
        unit.query(secrets.SecretRow).delete()
        secrets.save(unit, parts.keyring, house.merchant.id, "word", "open", now=house.now())
    before = (tmp_path / "keys" / "keyring").read_text()

    result = run(app, "rotate-keys")

    after = secrets.Keyring.read("", tmp_path / "keys" / "keyring")
    assert "1 secrets are encrypted with the new key" in result.output
    assert (tmp_path / "keys" / "keyring").read_text().endswith(before)
    assert secrets.find(house.db, after, house.merchant.id, "word") == "open"
    with pytest.raises(secrets.SecretUnreadable):
        secrets.find(house.db, parts.keyring, house.merchant.id, "word")
    parts.db.dispose()
