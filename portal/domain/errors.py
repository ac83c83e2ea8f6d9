"""What can go wrong, as one tree: each error knows its HTTP status and the name of its wording.

PortalError
├── NotFound                 nothing of that name for this visitor
├── SignInNeeded             no session, or one that has ended
├── Refused                  a rule says no (carries the Decision)
├── InvalidInput             a value makes no sense (carries the field)
├── TooManyTries             a limit of tries was met
├── LinkSpent                a link was used, revoked or is too old
├── PayloadTooLarge          a body larger than we read
├── ForgedEvent              a webhook whose signature is not the provider's
└── GatewayError
    ├── GatewayUnavailable   no answer: try again; `was_sent` says whether it may have happened
    │   └── BudgetSpent      not asked: the calls that are left are kept for more urgent things
    ├── GatewayRefused       the provider said no (carries its code)
    └── GatewayMisconfigured the merchant must act (key, permission, set-up)
"""

from datetime import datetime

from portal.domain.decisions import Decision


class PortalError(Exception):
    """An error the visitor may be told about; `wording` names the sentence in `web/wording.py`."""

    status = 500
    wording = "unexpected"


class NotFound(PortalError):
    """There is no such thing for this visitor, whether it exists for somebody else or not."""

    status = 404
    wording = "not_found"


class SignInNeeded(PortalError):
    """The page needs a session, and there is none that is alive."""

    status = 401
    wording = "sign_in_needed"


class Refused(PortalError):
    """A rule refused what was asked; the decision holds the reasons."""

    status = 409
    wording = "refused"

    def __init__(self, decision: Decision) -> None:
        super().__init__(", ".join(reason.value for reason in decision.reasons))
        self.decision = decision


class InvalidInput(PortalError):
    """A value was given that cannot be meant; `field` names where."""

    status = 422
    wording = "invalid_input"

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


class TooManyTries(PortalError):
    """A limit of tries was met; `retry_after` is in seconds."""

    status = 429
    wording = "too_many_tries"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"retry after {retry_after} s")
        self.retry_after = retry_after


class LinkSpent(PortalError):
    """A link was used before, was revoked, or is too old."""

    status = 410
    wording = "link_spent"


class PayloadTooLarge(PortalError):
    """A body is larger than what we are ready to read."""

    status = 413
    wording = "payload_too_large"


class ForgedEvent(PortalError):
    """A webhook's signature is missing, wrong, too old or dated ahead."""

    status = 400
    wording = "forged_event"


class GatewayError(PortalError):
    """A provider did not do what we asked."""

    status = 502
    wording = "provider_failed"


class GatewayUnavailable(GatewayError):
    """The provider gave no answer that can be trusted.

    `was_sent` is False only when we know that the request never left us, so that nothing
    can have happened; otherwise the outcome is unknown until it is read.
    """

    status = 503
    wording = "provider_unavailable"

    def __init__(self, message: str, *, was_sent: bool = True) -> None:
        super().__init__(message)
        self.was_sent = was_sent


class BudgetSpent(GatewayUnavailable):
    """The provider was not asked, because of the quota it gives; `until` is when to try again."""

    wording = "budget_spent"

    def __init__(self, message: str, *, until: datetime) -> None:
        super().__init__(message, was_sent=False)
        self.until = until


class GatewayRefused(GatewayError):
    """The provider said no.

    `code` is the provider's own code (`card_declined`, `resource_missing`), `decline_code` the
    bank's word where there is one, `param` the field the provider blames.
    """

    wording = "provider_refused"

    def __init__(
        self, message: str, *, code: str = "", decline_code: str = "", param: str = ""
    ) -> None:
        super().__init__(message)
        self.code = code
        self.decline_code = decline_code
        self.param = param

    @property
    def is_missing(self) -> bool:
        """Whether the provider says that the object does not exist."""
        return self.code in {"resource_missing", "not-found"}


class GatewayMisconfigured(GatewayError):
    """The merchant's key, permission or set-up at the provider is wrong."""

    wording = "provider_misconfigured"
