"""The door for mail: one message at a time over SMTP, encrypted wherever the server can."""

import re
import smtplib
import ssl
import unicodedata
from contextlib import suppress
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from urllib.parse import unquote, urlsplit

from portal.db import refuse_open_unit
from portal.domain.errors import (
    GatewayError,
    GatewayMisconfigured,
    GatewayRefused,
    GatewayUnavailable,
)
from portal.gateways.mail import Mail

SECONDS = 10
PORTS = {"smtp": 25, "smtps": 465}
# Nobody stands between us and ourselves: here a certificate proves nothing.
THIS_MACHINE = frozenset({"localhost", "127.0.0.1", "::1"})
LONGEST_SUBJECT = 200
LONGEST_NAME = 100
ADDRESS = re.compile(r"[^\s@<>()\[\]\\,;:\"]{1,64}@[^\s@<>()\[\]\\,;:\"]{1,253}")


class SmtpMailer:
    """Sends through the server of `smtp://user:password@host:port`, or `smtps://`."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in PORTS or not parts.hostname:
            # The address holds a password, so it is not repeated here.
            raise ValueError("the mail server must be given as smtp://host:port or smtps://")
        self._is_smtps = parts.scheme == "smtps"
        self._host = parts.hostname
        self._port = parts.port or PORTS[parts.scheme]
        self._user = unquote(parts.username or "")
        self._password = unquote(parts.password or "")

    def send(self, mail: Mail) -> None:
        """Hand one mail to the server.

        Raises GatewayUnavailable where another try may help (`was_sent` says whether this one may
        have arrived), GatewayRefused where none will, GatewayMisconfigured for a wrong password.
        """
        refuse_open_unit()
        message = compose(mail)
        server = self._open(mail.sender.rpartition("@")[2])
        try:
            server.send_message(message, from_addr=mail.sender, to_addrs=[_address(mail.to)])
        except smtplib.SMTPRecipientsRefused as error:
            code, said = next(iter(error.recipients.values()))
            raise _refusal(code, said) from error
        except smtplib.SMTPResponseException as error:
            raise _refusal(error.smtp_code, error.smtp_error) from error
        except smtplib.SMTPNotSupportedError as error:
            raise GatewayRefused("the mail server cannot write to this address") from error
        except (smtplib.SMTPException, OSError) as error:
            raise GatewayUnavailable(f"the mail may be lost: {type(error).__name__}") from error
        finally:
            with suppress(smtplib.SMTPException, OSError):
                server.quit()

    def _open(self, own_name: str) -> smtplib.SMTP:
        """Connect, encrypt and sign in."""
        try:
            server = self._connect(own_name)
        except (smtplib.SMTPException, OSError) as error:
            name = type(error).__name__
            raise GatewayUnavailable(
                f"the mail server cannot be reached: {name}", was_sent=False
            ) from error
        try:
            self._greet(server)
        except smtplib.SMTPAuthenticationError as error:
            server.close()
            raise GatewayMisconfigured("the mail server does not accept the password") from error
        except GatewayError:
            server.close()
            raise
        except (smtplib.SMTPException, OSError) as error:
            server.close()
            name = type(error).__name__
            raise GatewayUnavailable(
                f"the mail server broke off: {name}", was_sent=False
            ) from error
        return server

    def _connect(self, own_name: str) -> smtplib.SMTP:
        own = own_name if own_name.isascii() and own_name else "localhost"
        if self._is_smtps:
            return smtplib.SMTP_SSL(
                self._host, self._port, own, timeout=SECONDS, context=self._trust()
            )
        return smtplib.SMTP(self._host, self._port, own, timeout=SECONDS)

    def _greet(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        is_encrypted = self._is_smtps
        if not is_encrypted and server.has_extn("starttls"):
            server.starttls(context=self._trust())
            is_encrypted = True
        if not self._user:
            return
        if not is_encrypted and self._host not in THIS_MACHINE:
            raise GatewayMisconfigured("the mail server would have the password in the clear")
        server.login(self._user, self._password)

    def _trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context()
        if self._host in THIS_MACHINE:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
        return context


def compose(mail: Mail) -> EmailMessage:
    """Return the message with text and HTML; raises GatewayRefused if an address is none."""
    message = EmailMessage(policy=SMTP)
    message["From"] = Address(
        _line(mail.sender_name, LONGEST_NAME), addr_spec=_address(mail.sender)
    )
    message["To"] = _address(mail.to)
    if mail.reply_to:
        message["Reply-To"] = _address(mail.reply_to)
    message["Subject"] = _line(mail.subject, LONGEST_SUBJECT)
    message["Date"] = datetime.now(UTC)
    message["Message-ID"] = _message_id(mail)
    # RFC 3834: no out-of-office answer is wanted; Exchange listens to the other one.
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(mail.text, cte="quoted-printable")
    message.add_alternative(mail.html, subtype="html", cte="quoted-printable")
    for attached in mail.attachments:
        message.add_attachment(
            attached.content, maintype="application", subtype="pdf", filename=attached.name
        )
    # Setting the content takes every Content- header away, so this one comes last.
    message["Content-Language"] = mail.locale
    return message


def _message_id(mail: Mail) -> str:
    """Return the Message-ID; the same mail has the same at every try."""
    id = mail.id if "@" in mail.id else f"{mail.id}@{_address(mail.sender).rpartition('@')[2]}"
    return f"<{re.sub(r'[^A-Za-z0-9.@_+-]', '-', id)}>"


def _line(text: str, longest: int) -> str:
    """Make one line of a text: breaks become spaces, what steers the reading order goes."""
    kept = (letter for letter in text if unicodedata.category(letter) not in {"Cf", "Cs"})
    plain = "".join(
        " " if unicodedata.category(letter) in {"Cc", "Zl", "Zp"} else letter for letter in kept
    )
    return " ".join(plain.split())[:longest]


def _address(address: str) -> str:
    """Return an address as a server takes it, its domain in ASCII; raises GatewayRefused."""
    is_printed = not any(unicodedata.category(letter)[0] == "C" for letter in address)
    if not (is_printed and ADDRESS.fullmatch(address)):
        raise GatewayRefused("not an address mail can be sent to", code="not_an_address")
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError as error:
        raise GatewayRefused("not a domain mail can be sent to", code="not_an_address") from error


def _refusal(code: int, said: bytes | str) -> GatewayError:
    """Return what a server's answer means: 4xx is for now, 5xx for good (RFC 5321, 4.2.1)."""
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    message = f"the mail server answered {code} {_line(text, 200)}"
    if 500 <= code < 600:
        return GatewayRefused(message, code=str(code))
    return GatewayUnavailable(message, was_sent=False)
