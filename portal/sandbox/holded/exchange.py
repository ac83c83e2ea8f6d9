"""One request and its answer: taken one at a time, committed before it is answered, written down.

This is the outermost layer of the sandbox. It gives the request a unit of work, takes back what a
refused request had written, keeps the ledger of requests and lets injected faults happen.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from email.utils import formatdate
from io import BytesIO
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl

from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Request, Response

from portal.sandbox import json_bodies
from portal.sandbox.holded import faults
from portal.sandbox.holded.problems import Problem
from portal.sandbox.http import AnswerLost, ConnectionReset, NeverAnswered, half
from portal.sandbox.masking import masked

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

    from portal.sandbox.holded.faults import Fault
    from portal.sandbox.holded.state import State


LARGEST_BODY = 2_000_000
BODY = "holded.body"


class Exchange:
    """The WSGI layer around the Flask application."""

    def __init__(
        self,
        state: State,
        application: WSGIApplication,
        committed: Callable[[], None],
        refused: Callable[[Problem, str], Response],
    ) -> None:
        self.state = state
        self.application = application
        self.committed = committed
        self.refused = refused

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if not environ.get("PATH_INFO", "").startswith("/api/"):
            with self.state.unit():
                response = self.execute(environ, None)
            self.committed()
            return response(environ, start_response)
        return self.answer_api(environ, start_response)

    def answer_api(
        self, environ: WSGIEnvironment, start_response: StartResponse
    ) -> Iterable[bytes]:
        environ["holded.seen"] = {}  # who asked what: written by accounts, read by record
        refusal = rewind(environ)
        if refusal is not None:
            response = self.refused(refusal, environ["PATH_INFO"])
            return response(environ, start_response)
        with self.state.unit():
            fault = faults.take(self.state, environ["REQUEST_METHOD"], environ["PATH_INFO"])
        if fault is not None and fault.seconds:
            time.sleep(fault.seconds)
        with self.state.unit():
            response = self.execute(environ, fault)
            response.headers["Date"] = formatdate(self.state.clock.now(), usegmt=True)
            self.record(environ, response.status_code, fault)
        self.committed()
        if fault is not None and fault.kind == "reset":
            raise ConnectionReset("The Holded sandbox reset the connection on purpose")
        if fault is not None and fault.kind == "timeout":
            raise NeverAnswered("The Holded sandbox does not answer on purpose")
        if fault is not None and fault.kind == "lose_answer":
            raise AnswerLost("The Holded sandbox lost the answer on purpose")
        if fault is not None and fault.kind == "half_body":
            return half(response, start_response)
        return response(environ, start_response)

    def execute(self, environ: WSGIEnvironment, fault: Fault | None) -> Response:
        """Return the answer; what a refused request wrote is taken back."""
        stand_in = faults.stand_in(fault, self.state.now()) if fault else None
        if isinstance(stand_in, Problem):
            return self.refused(stand_in, environ["PATH_INFO"])
        if stand_in is not None:
            return stand_in
        self.state.mark()
        response = Response.from_app(self.application, environ, buffered=True)
        if response.status_code >= 400:
            self.state.forget()
        return faults.distorted(fault, response) if fault else response

    def record(self, environ: WSGIEnvironment, status: int, fault: Fault | None) -> None:
        """Add the request to the ledger, without its secrets."""
        now = datetime.now(UTC)
        seen = environ["holded.seen"]
        entry = {
            "method": environ["REQUEST_METHOD"],
            "path": environ["PATH_INFO"],
            "query": masked(dict(parse_qsl(environ.get("QUERY_STRING", "")))),
            "user_agent": environ.get("HTTP_USER_AGENT", ""),
            "status": status,
        }
        body = sent(environ)
        if body is not None:
            entry["body"] = masked(body)
        if fault is not None:
            entry["fault"] = fault.kind
            entry["answered"] = fault.kind not in ("reset", "lose_answer", "timeout")
        self.state.connection.execute(
            "INSERT INTO requests (time, account, month, operation, data) VALUES (?, ?, ?, ?, ?)",
            (
                now.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
                seen.get("account"),
                self.state.now().strftime("%Y-%m"),
                seen.get("operation"),
                json.dumps(entry),
            ),
        )


def rewind(environ: WSGIEnvironment) -> Problem | None:
    """Read the body, so that it can be read again; return the refusal of one that is too large or
    incomplete.
    """
    request = Request(environ)
    request.max_content_length = LARGEST_BODY
    try:
        body = request.get_data(cache=False)
    except HTTPException as error:
        return Problem(error.code or 400, error.description or "")
    except OSError:
        return Problem(400, "The body is malformed")
    environ.pop("HTTP_TRANSFER_ENCODING", None)
    environ.pop("wsgi.input_terminated", None)
    environ |= {"wsgi.input": BytesIO(body), "CONTENT_LENGTH": str(len(body)), BODY: body}
    return None


def sent(environ: WSGIEnvironment) -> Any:
    """Return the JSON a request brought; None for none, or for a body that is no JSON."""
    try:
        return json_bodies.loads(environ[BODY])
    except ValueError:
        return None
