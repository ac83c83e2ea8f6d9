"""Refusals in Stripe's envelope: raise `invalid(...)`, `missing(...)`, `unsupported(...)` or
`card_error(...)`.
"""

from collections.abc import Mapping
from typing import Any

Json = dict[str, Any]


class ApiError(Exception):
    """One error answer; `keeps` says that what was done before it stays done (a declined card);
    `headers` go with it.
    """

    def __init__(
        self,
        status: int,
        error: Json,
        *,
        keeps: bool = False,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(error.get("message"))
        self.status = status
        self.keeps = keeps
        self.headers = headers or {}
        self.error: Json = {key: value for key, value in error.items() if value is not None}

    def body(self) -> Json:
        """The JSON of the answer, in the alphabetical order in which Stripe's are recorded."""
        about = doc_url(self.error.get("code"))
        error = self.error | ({"doc_url": about} if about else {})
        return {"error": dict(sorted(error.items()))}


def doc_url(code: str | None) -> str | None:
    """Where Stripe explains a code of its own; None without one."""
    if code is None or code.startswith("sandbox_"):
        return None
    return f"{DOCS}/{code.replace('_', '-')}"


def log_url(account_id: str, request_id: str) -> str:
    """Where the owner of a test account would find a request, as recorded errors of 2026 say."""
    return f"{DASHBOARD}/{account_id}/test/workbench/logs?object={request_id}"


def invalid(
    message: str,
    *,
    param: str | None = None,
    code: str | None = None,
    status: int = 400,
    about: Json | None = None,
) -> ApiError:
    """A refusal of type invalid_request_error; `about` is an intent to show in it."""
    kind = "invalid_request_error"
    error = {"message": message, "type": kind, "param": param, "code": code}
    return ApiError(status, error | ({about["object"]: about} if about else {}))


def missing(kind: str, object_id: str, param: str = "id") -> ApiError:
    """The 404 for an id that this account does not have."""
    name = SPOKEN.get(kind, kind)
    message = f"No such {name}: '{object_id}'"
    return invalid(message, param=param, code="resource_missing", status=404)


def unsupported(what: str, param: str | None = None) -> ApiError:
    """A 400 for what Stripe may do but this sandbox does not model; never answered by a guess."""
    return invalid(f"Sandbox: {what} is not modelled.", param=param, code="sandbox_unsupported")


def unrecognized(method: str, path: str) -> ApiError:
    """The 404 for an address that Stripe's API does not have."""
    return invalid(
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we "
        "can help at https://support.stripe.com/.",
        status=404,
    )


def card_error(
    message: str,
    code: str,
    *,
    decline_code: str | None = None,
    param: str | None = None,
    **extra: Any,
) -> ApiError:
    """A 402; what the attempt changed (the intent's last error) is kept."""
    error = {"message": message, "type": "card_error", "code": code, "decline_code": decline_code}
    return ApiError(402, error | {"param": param} | extra, keeps=True)


DASHBOARD = "https://dashboard.stripe.com"
DOCS = "https://stripe.com/docs/error-codes"
# How Stripe's messages call what is missing, where that differs from the object's name.
SPOKEN = {
    "payment_method": "PaymentMethod",
    "billing_portal.configuration": "configuration",
    "invoice_payment": "invoice payment",
}
