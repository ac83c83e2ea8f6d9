"""What is set is understood the way browsers spell it, or refused in one line."""

import pytest

from portal.settings import Settings, SettingsWrong


def read(monkeypatch: pytest.MonkeyPatch, **environment: str) -> Settings:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    return Settings.read()


@pytest.mark.parametrize(
    ("spelled", "understood"),
    [
        ("https://pay.example.com", "https://pay.example.com"),
        ("HTTPS://Pay.Example.COM/", "https://pay.example.com"),
        ("https://pay.example.com:443", "https://pay.example.com"),
        ("http://pay.example.com:443", "http://pay.example.com:443"),
        ("http://127.0.0.1:80", "http://127.0.0.1"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("https://pay.Müller.example", "https://pay.xn--mller-kva.example"),
        ("https://pay.xn--mller-kva.example", "https://pay.xn--mller-kva.example"),
    ],
)
def test_the_public_address_is_spelled_as_browsers_do(monkeypatch, spelled, understood):
    assert read(monkeypatch, PUBLIC_URL=spelled).public_url == understood


def test_further_hosts_are_spelled_as_browsers_do(monkeypatch):
    settings = read(
        monkeypatch,
        PUBLIC_URL="https://pay.example.com",
        PORTAL_TRUSTED_HOSTS="Facturas.Example.com:443, , bücher.example:8443",
    )

    assert settings.hosts == [
        "pay.example.com", "facturas.example.com", "xn--bcher-kva.example:8443",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("variable", "value", "says"),
    [
        ("PUBLIC_URL", "https://ana:secret@pay.example.com", "must not hold a user name"),
        ("PUBLIC_URL", "https://ana:secret@pay.example.com/x", "must be scheme and host only"),
        ("PUBLIC_URL", "https://[::1]:8000", "which an IPv6 address does not"),
        ("PUBLIC_URL", "https://[::1", "IPv6"),
        ("PUBLIC_URL", "https://pay.example.com/portal", "must be scheme and host only"),
        ("PUBLIC_URL", "https://pay.example.com?x=1", "must be scheme and host only"),
        ("PUBLIC_URL", "https://pay example.com", "is no name of a host"),
        ("PUBLIC_URL", "https://pay..example.com", "with xn--"),
        ("PUBLIC_URL", "https://pay.example.com:http", "Port"),
        ("PUBLIC_URL", "https://straße.example", "with xn--"),
        ("PORTAL_TRUSTED_HOSTS", "https://pay.example.com", "is no name of a host"),
        ("PORTAL_TRUSTED_HOSTS", "[::1]", "which an IPv6 address does not"),
        ("PORTAL_TRUSTED_HOSTS", "ana@pay.example.com", "must not hold a user name"),
        ("STRIPE_API_BASE", "http://sandbox.example", "must be https"),
    ],
)
def test_what_names_no_host_is_refused_in_one_line(monkeypatch, variable, value, says):
    with pytest.raises(SettingsWrong) as refusal:
        read(monkeypatch, **{variable: value})

    assert says in refusal.value.message
    assert "secret" not in refusal.value.message
    assert len(refusal.value.message.splitlines()) == 1
