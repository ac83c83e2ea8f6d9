"""The port to whoever carries the mail."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Attachment:
    """A PDF that goes with a mail; `name` is in ASCII and ends in `.pdf`."""

    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Mail:
    """One mail, ready to go. `id` becomes the Message-ID, so that a repeat can be told."""

    id: str
    to: str
    sender: str
    sender_name: str
    reply_to: str
    subject: str
    text: str
    html: str
    locale: str
    attachments: tuple[Attachment, ...] = ()


class Mailer(Protocol):
    """Hands a mail to a mail server."""

    def send(self, mail: Mail) -> None:
        """Send it; raises GatewayUnavailable to try again, GatewayRefused if it never will."""
