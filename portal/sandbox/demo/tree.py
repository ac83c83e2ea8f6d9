"""Which processes the demo is made of, and what each is told."""

from __future__ import annotations

import sys

from portal.sandbox.demo.parts import Part
from portal.sandbox.demo.places import HOST, Places

THREADS = 8


def sandboxes(places: Places) -> tuple[Part, ...]:
    """Return the imitation providers and the mailbox."""
    module = (sys.executable, "-m", "portal.sandbox")

    def part(name: str, variable: str, *rest: str) -> Part:
        port = str(places.ports[variable])
        data = str(places.data / name)
        return Part(name, (*module, name, "--port", port, "--data", data, *rest), {})

    def beside(**neighbours: str) -> tuple[str, ...]:
        shown = {"Mails": places.mailbox, **neighbours, "Portal": places.portal}
        return tuple(word for name, url in shown.items() for word in ("--beside", f"{name}={url}"))

    return (
        part("stripe", "STRIPE_SANDBOX_PORT", "--no-account", *beside(Holded=places.holded)),
        part("holded", "HOLDED_SANDBOX_PORT", *beside(Stripe=places.stripe)),
        part(
            "mail", "MAILBOX_PORT",
            "--smtp-port", str(places.ports["SMTP_PORT"]),
            "--stripe-url", places.stripe,
            "--holded-url", places.holded,
        ),
    )  # fmt: skip


def product(places: Places) -> tuple[Part, ...]:
    """Return the portal's own processes: what production runs, at these addresses."""
    environment = environment_of(places)
    serve = (
        sys.executable, "-m", "gunicorn", "wsgi:app",
        "--bind", f"{HOST}:{places.ports['PORT']}",
        "--worker-class", "gthread", "--workers", "1", "--threads", str(THREADS),
        "--graceful-timeout", "5", "--no-control-socket",
    )  # fmt: skip
    return (
        Part("web", serve, environment),
        Part("worker", (*command(), "work"), environment),
    )


def command() -> tuple[str, ...]:
    """Return the portal's own command line."""
    return (sys.executable, "-m", "flask", "--app", "wsgi", "portal")


def environment_of(places: Places) -> dict[str, str]:
    """Return the settings of the portal: only addresses differ from production."""
    return {
        "PUBLIC_URL": places.portal,
        "PORTAL_TRUSTED_HOSTS": f"localhost:{places.ports['PORT']}",
        "PORTAL_DATA": str(places.data),
        "DATABASE_URL": "",
        "SECRET_KEY": "",
        "PORTAL_KEYRING": "",
        "PORTAL_TRUSTED_PROXIES": "",
        "STRIPE_API_BASE": places.stripe,
        "HOLDED_API_BASE": places.holded,
        "HOLDED_APP": places.holded,
        "SMTP_URL": f"smtp://{HOST}:{places.ports['SMTP_PORT']}",
        "MAIL_FROM": "portal@example.com",
        "PORTAL_STATEMENTS_HEADER": "1",
        "PORTAL_LOG_JSON": "0",
        "PORTAL_THREADS": str(THREADS),
        "PYTHONUNBUFFERED": "1",
    }
