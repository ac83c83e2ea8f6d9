"""What waits for the clocks, under `/_sandbox/clock/due`, in plain JSON."""

from typing import TYPE_CHECKING

from flask import Blueprint, current_app
from flask.typing import ResponseReturnValue

if TYPE_CHECKING:
    from portal.sandbox.stripe.sandbox import Sandbox

control = Blueprint("control_clock", __name__, url_prefix="/_sandbox/clock")

MOST = 200
WAITING = """
SELECT account, clock, at, name, ref, failure FROM due
ORDER BY failure IS NULL, clock, at, seq LIMIT ?
"""


@control.get("/due")
def show() -> ResponseReturnValue:
    """What failed, then what waits, by clock ("" is the account's, `real` real time, else a test
    clock's id) and moment; 200 pieces at most.
    """
    sandbox: Sandbox = current_app.extensions["stripe_sandbox"]
    return {"due": [dict(row) for row in sandbox.store.rows(WAITING, MOST)]}
