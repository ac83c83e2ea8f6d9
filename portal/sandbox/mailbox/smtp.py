"""The SMTP door: takes every mail for anybody, and sends none on."""

from __future__ import annotations

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from portal.sandbox.mailbox.letters import Letters


class Catcher:
    """What aiosmtpd calls with each mail."""

    def __init__(self, letters: Letters) -> None:
        self.letters = letters

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name for it
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep the mail before it is acknowledged."""
        content = envelope.content or b""
        source = content.encode() if isinstance(content, str) else content
        recipients = [str(each) for each in envelope.rcpt_tos]
        self.letters.catch(envelope.mail_from or "", recipients, source)
        return "250 Caught"


def listen(letters: Letters, host: str, port: int) -> Controller:
    """Start taking mails, in a thread of its own; ``stop()`` the result to end it."""
    controller = Controller(Catcher(letters), hostname=host, port=port)
    controller.start()
    return controller
