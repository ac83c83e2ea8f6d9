"""What an installation may set, read once from the environment and checked at the start."""

import re
from pathlib import Path
from urllib.parse import urlsplit

from click import ClickException
from pydantic import (
    Field,
    SecretStr,
    ValidationError,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict

# The port that goes without saying, and that browsers leave out.
PORTS = {"http": 80, "https": 443}


class SettingsWrong(ClickException):
    """What the environment says makes no sense; `flask` prints it as one line."""


class Settings(BaseSettings):
    """Every setting of the portal, named by its environment variable in lower case."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_ignore_empty=True)

    # Where people reach the portal; every address we print or mail starts with it.
    public_url: str = "http://127.0.0.1:8000"
    # Where SQLite, kept PDFs and the keyring live.
    portal_data: Path = Path("var/portal")
    # SQLAlchemy address of the database; empty means SQLite in PORTAL_DATA.
    database_url: str = ""
    # Signs cookies and derives link secrets; empty means the one kept in PORTAL_DATA/keys.
    secret_key: SecretStr = SecretStr("")
    # Fernet keys, newest first, separated by commas; empty means those kept in PORTAL_DATA/keys.
    keyring: SecretStr = Field(SecretStr(""), alias="PORTAL_KEYRING")
    # How many proxies in front may be believed about addresses and scheme.
    trusted_proxies: int = Field(0, ge=0, le=5, alias="PORTAL_TRUSTED_PROXIES")
    # Host names besides that of PUBLIC_URL under which the portal answers, separated by commas.
    trusted_hosts: str = Field("", alias="PORTAL_TRUSTED_HOSTS")
    # Where Stripe's API is; only ever changed to reach a sandbox.
    stripe_api_base: str = "https://api.stripe.com"
    # Where Holded's API is; only ever changed to reach a sandbox.
    holded_api_base: str = "https://api.holded.com"
    # Where merchants work in Holded: mails to them lead there.
    holded_app: str = "https://app.holded.com"
    # The mail server: smtp://user:password@host:port, or smtps://.
    smtp_url: SecretStr = SecretStr("smtp://127.0.0.1:25")
    # Who mails come from when a merchant has set no address.
    mail_from: str = "billing@localhost"
    # Whether pages say in a header how many SQL statements they took.
    statements_header: bool = Field(False, alias="PORTAL_STATEMENTS_HEADER")
    # Whether log lines are JSON (for machines) or plain (for people).
    log_json: bool = Field(True, alias="PORTAL_LOG_JSON")
    # How many requests are served at once in one process; the pool has as many connections.
    threads: int = Field(8, ge=1, le=64, alias="PORTAL_THREADS")
    # Where `make serve` listens: host:port, or unix:/path for a proxy on this machine.
    bind: str = Field("127.0.0.1:8000", alias="PORTAL_BIND")
    # How many web processes `make serve` starts with PostgreSQL; with SQLite it is always one.
    processes: int = Field(2, ge=1, le=64, alias="PORTAL_PROCESSES")
    # What a monitor sends as `Authorization: Bearer …` to read /metrics; empty closes the page.
    metrics_token: SecretStr = Field(SecretStr(""), alias="PORTAL_METRICS_TOKEN")
    # Seconds the worker rests when there is nothing to do.
    worker_pause: float = Field(0.5, gt=0, le=60, alias="PORTAL_WORKER_PAUSE")

    @classmethod
    def read(cls) -> "Settings":
        """Return what the environment says; raises SettingsWrong naming all that is wrong."""
        try:
            return cls()
        except ValidationError as wrong:
            said = [_complaint(error["loc"], error["msg"]) for error in wrong.errors()]
            raise SettingsWrong("; ".join(said)) from None

    @field_validator("public_url", "stripe_api_base", "holded_api_base", "holded_app")
    @classmethod
    def _is_an_origin(cls, value: str) -> str:
        return _origin(value)

    @field_validator("trusted_hosts")
    @classmethod
    def _are_hosts(cls, value: str, info: ValidationInfo) -> str:
        scheme = urlsplit(info.data.get("public_url", "")).scheme
        names = (name.strip() for name in value.split(","))
        return ",".join(_host(name, scheme) for name in names if name)

    @model_validator(mode="after")
    def _plain_http_stays_at_home(self) -> "Settings":
        home = {"127.0.0.1", "localhost"}
        for name in ("stripe_api_base", "holded_api_base"):
            parts = urlsplit(getattr(self, name))
            if parts.scheme == "http" and parts.hostname not in home:
                raise ValueError(f"{name.upper()} must be https, except on this machine")
        return self

    @property
    def is_https(self) -> bool:
        """Whether people reach us over TLS; cookies and HSTS follow it."""
        return self.public_url.startswith("https://")

    @property
    def hosts(self) -> list[str]:
        """Return the host names we answer to."""
        own = urlsplit(self.public_url).netloc
        return [own, *filter(None, self.trusted_hosts.split(","))]

    @property
    def database(self) -> str:
        """Return the SQLAlchemy address of the database."""
        return self.database_url or f"sqlite:///{self.portal_data.absolute()}/portal.sqlite3"


def _origin(value: str) -> str:
    """Return scheme and host of an address the way browsers name them in `Origin`."""
    parts = urlsplit(value)
    is_bare = not (parts.path.strip("/") or parts.query or parts.fragment)
    if parts.scheme not in PORTS or not parts.netloc or not is_bare:
        raise ValueError("must be scheme and host only, like https://example.com")
    return f"{parts.scheme}://{_host(parts.netloc, parts.scheme)}"


def _host(value: str, scheme: str) -> str:
    """Return a host and its port, if any, the way browsers name them: in small ASCII letters."""
    if "@" in value:
        raise ValueError("must not hold a user name or a password")
    if value.startswith("["):
        raise ValueError(f"must name a host, which an IPv6 address does not: {value!r}")
    parts = urlsplit(f"//{value}")
    name = _ascii(parts.hostname or "")
    is_plain = re.fullmatch(r"[a-z0-9_-]+(\.[a-z0-9_-]+)*", name)
    if parts.netloc != value or not is_plain:
        raise ValueError(f"is no name of a host: {value!r}")
    has_port = parts.port is not None and parts.port != PORTS.get(scheme)
    return f"{name}:{parts.port}" if has_port else name


def _ascii(name: str) -> str:
    """Return a name as it is looked up; refuse one that Python and browsers spell differently."""
    try:
        looked_up = name.encode("idna")
        is_certain = name.isascii() or looked_up.decode("idna") == name
    except UnicodeError:
        is_certain = False
    if not is_certain:
        raise ValueError(f"is to be written as browsers look it up, with xn--: {name!r}")
    return looked_up.decode("ascii")


def _complaint(place: tuple[int | str, ...], said: str) -> str:
    variable = "_".join(str(part).upper() for part in place)
    said = said.removeprefix("Value error, ")
    return f"{variable}: {said}" if variable else said
