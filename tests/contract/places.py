"""Where the contract suite runs: always on the sandboxes, and on a real test account if its key is
given.
"""

from collections.abc import Mapping

STRIPE_KEY = "STRIPE_TEST_SECRET_KEY"
HOLDED_TOKEN = "HOLDED_TEST_TOKEN"
SANDBOX = "sandbox"
REAL = "real"


class NotHere(Exception):
    """The variables ask for what must not be done."""


def places(environment: Mapping[str, str], variable: str) -> list[str]:
    """The places where the promises of a provider are to be kept; raises `NotHere`.

    Continuous integration never talks to a provider, and no key of live mode is ever used.
    """
    key = environment.get(variable, "")
    if not key:
        return [SANDBOX]
    if environment.get("CI", "").lower() not in ("", "0", "false"):
        raise NotHere(f"{variable} is set, but continuous integration never talks to a provider.")
    if variable == STRIPE_KEY and not key.startswith(("sk_test_", "rk_test_")):
        raise NotHere(f"{variable} is not a key of test mode.")
    return [SANDBOX, REAL]


def said(environment: Mapping[str, str]) -> str:
    """What a run of the suite can claim, for the report."""
    real = {"Stripe": STRIPE_KEY, "Holded": HOLDED_TOKEN}
    seen = [name for name, variable in real.items() if REAL in places(environment, variable)]
    assumed = [name for name in real if name not in seen]
    parts = [f"verified with {name}" for name in seen]
    parts += [f"consistent with {name} (sandbox only)" for name in assumed]
    return "contract: " + ", ".join(parts)
