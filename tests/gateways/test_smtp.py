"""Mail over real SMTP on this machine: what is sent, and what each answer of a server means."""

import socket
import ssl
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import AuthResult
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from portal.domain.errors import GatewayMisconfigured, GatewayRefused, GatewayUnavailable
from portal.gateways.mail import Attachment, Mail
from portal.gateways.smtp import SmtpMailer, compose

MAIL = Mail(
    id="receipt-1042",
    to="ana@example.com",
    sender="billing@nuvol.example",
    sender_name="Nuvol Studio",
    reply_to="help@nuvol.example",
    subject="Your receipt",
    text="Read it here: https://portal.example/nuvol/history/1042\n",
    html="<p>Read it <a href='https://portal.example/nuvol/history/1042'>here</a></p>",
    locale="ca",
)


class Post:
    """Keeps what arrives; answers what a test wants."""

    def __init__(self) -> None:
        self.mails: list[Any] = []
        self.encrypted: list[bool] = []
        self.on_recipient = self.on_data = "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        envelope.rcpt_tos.append(address)
        return self.on_recipient

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if self.on_data.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content, policy=default))
            self.encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        return self.on_data


@pytest.fixture
def post() -> Post:
    return Post()


@pytest.fixture
def serve(post: Post) -> Iterator[Callable[..., int]]:
    """Return a starter of servers that gives the port: ``serve(host, **aiosmtpd_options)``."""
    started: list[Controller] = []

    def serve(host: str = "127.0.0.1", **options: Any) -> int:
        with socket.socket() as probe:
            probe.bind((host, 0))
            port = int(probe.getsockname()[1])
        controller = Controller(post, hostname=host, port=port, **options)
        controller.start()
        started.append(controller)
        return port

    yield serve
    for each in started:
        each.stop()


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    file: Path = tmp_path_factory.mktemp("tls") / "server.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context


def admits(server, session, envelope, mechanism, login):
    return AuthResult(success=login.password == b"p@ss", handled=False)


# What is sent


@pytest.mark.loopback
def test_a_mail_arrives_with_all_it_says(serve, post):
    SmtpMailer(f"smtp://127.0.0.1:{serve()}").send(MAIL)

    mail = post.mails[0]
    assert mail["To"] == "ana@example.com"
    assert mail["From"] == "Nuvol Studio <billing@nuvol.example>"
    assert mail["Reply-To"] == "help@nuvol.example"
    assert mail["Subject"] == "Your receipt"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert mail["Content-Language"] == "ca"
    assert mail.get_content_type() == "multipart/alternative"
    assert mail.get_body(("plain",)).get_content().strip() == MAIL.text.strip()
    assert mail.get_body(("html",)).get_content().strip() == MAIL.html


@pytest.mark.loopback
def test_a_repeat_has_the_message_id_of_the_first_try(serve, post):
    mailer = SmtpMailer(f"smtp://127.0.0.1:{serve()}")

    mailer.send(MAIL)
    mailer.send(MAIL)

    assert [mail["Message-ID"] for mail in post.mails] == ["<receipt-1042@nuvol.example>"] * 2


@pytest.mark.loopback
def test_every_language_arrives_as_it_was(serve, post):
    text = "Àéîñ — 你好 🎉 مرحبا " * 40 + "\n"
    SmtpMailer(f"smtp://127.0.0.1:{serve()}").send(
        replace(MAIL, subject="Tu recibo de Ñandú 你好", sender_name="Núvol, S.L.", text=text)
    )

    mail = post.mails[0]
    assert mail["Subject"] == "Tu recibo de Ñandú 你好"
    assert mail["From"].addresses[0].display_name == "Núvol, S.L."
    assert mail.get_body(("plain",)).get_content().splitlines() == text.splitlines()


@pytest.mark.parametrize(
    "evil",
    ["A\r\nBcc: all@example.com", "A\nB", "A\u2028B", "A\x00B", "\u202eA\u200bB", "A" * 10_000],
)
def test_no_name_or_subject_can_add_a_header(evil):
    headers = compose(replace(MAIL, subject=evil, sender_name=evil))

    assert headers["Bcc"] is None
    assert set(str(headers["Subject"])) <= set("AB :Bcall@exmp.o")
    assert len(str(headers["Subject"])) <= 200
    assert len(headers.get_all("From")) == 1


@pytest.mark.parametrize(
    "address",
    [" ", "ana", "ana@", "@example.com", "ana@b@c", "ana@example.com\r\nBcc: x@y.z", "a b@c.d",
     "ana@example.com,x@y.z", "<ana@example.com>", "ana\u202e@example.com", "ana@" + "x" * 254],
)  # fmt: skip
@pytest.mark.parametrize("field", ["to", "sender", "reply_to"])
def test_what_is_no_address_is_refused(address, field):
    with pytest.raises(GatewayRefused):
        compose(replace(MAIL, **{field: address}))


def test_a_domain_in_other_letters_is_written_in_ascii():
    assert compose(replace(MAIL, to="ana@ñandú.example"))["To"] == "ana@xn--and-6ma2c.example"


def test_without_an_address_for_answers_there_is_no_such_header():
    assert compose(replace(MAIL, reply_to=""))["Reply-To"] is None


# Servers


@pytest.mark.loopback
def test_encryption_is_taken_where_it_is_offered(serve, post, certificate):
    SmtpMailer(f"smtp://127.0.0.1:{serve(tls_context=certificate)}").send(MAIL)

    assert post.encrypted == [True]


@pytest.mark.loopback
def test_smtps_is_encrypted_from_the_start(serve, post, certificate):
    SmtpMailer(f"smtps://127.0.0.1:{serve(ssl_context=certificate)}").send(MAIL)

    assert post.encrypted == [True]


@pytest.mark.loopback
@pytest.mark.allow_hosts(["127.0.0.2"])
def test_a_foreign_server_must_prove_its_name(serve, post, certificate):
    port = serve("127.0.0.2", tls_context=certificate)

    with pytest.raises(GatewayUnavailable) as error:
        SmtpMailer(f"smtp://127.0.0.2:{port}").send(MAIL)

    assert not error.value.was_sent
    assert post.mails == []


@pytest.mark.loopback
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_user_and_password_open_the_server(serve, post):
    port = serve(authenticator=admits, auth_required=True, auth_require_tls=False)

    SmtpMailer(f"smtp://billing:p%40ss@127.0.0.1:{port}").send(MAIL)

    assert len(post.mails) == 1


@pytest.mark.loopback
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_a_wrong_password_is_the_operators_to_mend(serve, post):
    port = serve(authenticator=admits, auth_required=True, auth_require_tls=False)

    with pytest.raises(GatewayMisconfigured) as error:
        SmtpMailer(f"smtp://billing:wr0ng@127.0.0.1:{port}").send(MAIL)

    assert "wr0ng" not in str(error.value)
    assert post.mails == []


@pytest.mark.loopback
@pytest.mark.allow_hosts(["127.0.0.2"])
@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS")
def test_no_password_leaves_this_machine_unencrypted(serve, post):
    port = serve("127.0.0.2", authenticator=admits, auth_required=True, auth_require_tls=False)

    with pytest.raises(GatewayMisconfigured):
        SmtpMailer(f"smtp://billing:p%40ss@127.0.0.2:{port}").send(MAIL)

    assert post.mails == []


# Refusals


@pytest.mark.loopback
@pytest.mark.parametrize("step", ["on_recipient", "on_data"])
@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ("450 4.2.1 Mailbox busy", GatewayUnavailable),
        ("421 4.7.0 Try later", GatewayUnavailable),
        ("550 5.1.1 No such user", GatewayRefused),
        ("554 5.7.1 Spam", GatewayRefused),
    ],
)
def test_a_server_says_no_for_now_or_for_good(serve, post, step, answer, error):
    setattr(post, step, answer)

    with pytest.raises(error):
        SmtpMailer(f"smtp://127.0.0.1:{serve()}").send(MAIL)

    assert post.mails == []


@pytest.mark.loopback
def test_a_server_that_is_not_there_has_sent_nothing():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))

        with pytest.raises(GatewayUnavailable) as error:
            SmtpMailer(f"smtp://127.0.0.1:{closed.getsockname()[1]}").send(MAIL)

    assert not error.value.was_sent


@pytest.mark.loopback
def test_a_server_that_cannot_write_foreign_addresses_refuses_for_good(serve, post):
    port = serve(enable_SMTPUTF8=False)

    with pytest.raises(GatewayRefused):
        SmtpMailer(f"smtp://127.0.0.1:{port}").send(replace(MAIL, to="añá@example.com"))


@pytest.mark.parametrize("url", ["", "mail.example", "http://mail.example", "smtp://"])
def test_a_server_address_that_makes_no_sense_is_refused_at_the_start(url):
    with pytest.raises(ValueError, match="smtp://"):
        SmtpMailer(url)


def test_a_server_address_that_makes_no_sense_is_not_repeated():
    with pytest.raises(ValueError) as error:  # noqa: PT011 - what it must not say is the point
        SmtpMailer("smpt://billing:p4ssw0rd@mail.example")

    assert "p4ssw0rd" not in str(error.value)


def test_what_is_attached_arrives_byte_for_byte() -> None:
    attached = Attachment("receipt-1042.pdf", b"%PDF-1.4\r\n\x00\xff.\n")
    sent = bytes(compose(replace(MAIL, attachments=(attached,))))

    mail = message_from_bytes(sent, policy=default)
    (part,) = mail.iter_attachments()

    assert part.get_content() == attached.content
    assert part.get_filename() == "receipt-1042.pdf"
    assert part.get_content_type() == "application/pdf"
    assert mail["Content-Language"] == MAIL.locale
    assert mail.get_body(("html",)).get_content().strip() == MAIL.html
