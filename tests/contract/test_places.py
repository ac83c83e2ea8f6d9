"""Real providers are only asked when somebody says so, and never in continuous integration."""

import pytest

from tests.contract.places import HOLDED_TOKEN, STRIPE_KEY, NotHere, places, said


def test_without_a_key_only_the_sandbox_is_asked() -> None:
    assert places({}, STRIPE_KEY) == ["sandbox"]
    assert places({"CI": "true"}, HOLDED_TOKEN) == ["sandbox"]


def test_a_test_key_asks_the_real_provider_too() -> None:
    assert places({STRIPE_KEY: "sk_test_1"}, STRIPE_KEY) == ["sandbox", "real"]


@pytest.mark.parametrize("key", ["sk_live_1", "rk_live_1", "pk_test_1", "whatever"])
def test_no_other_key_than_one_of_test_mode_is_used(key: str) -> None:
    with pytest.raises(NotHere, match="test mode"):
        places({STRIPE_KEY: key}, STRIPE_KEY)


@pytest.mark.parametrize("variable", [STRIPE_KEY, HOLDED_TOKEN])
def test_continuous_integration_refuses_keys_loudly(variable: str) -> None:
    with pytest.raises(NotHere, match="continuous integration"):
        places({variable: "sk_test_1", "CI": "true"}, variable)


def test_a_run_claims_no_more_than_it_saw() -> None:
    assert said({}) == (
        "contract: consistent with Stripe (sandbox only), consistent with Holded (sandbox only)"
    )
    assert said({HOLDED_TOKEN: "pat_1"}) == (
        "contract: verified with Holded, consistent with Stripe (sandbox only)"
    )
