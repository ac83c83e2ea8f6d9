"""Every operation of the provider is either served or refused as not modelled."""

from collections.abc import Callable

import httpx
import pytest
from flask import Flask

from portal.sandbox.holded import operations

SERVED_PREFIX = "/api/v2"


def every() -> list[tuple[str, str]]:
    found = []
    for line in operations.OPERATIONS.split("\n"):
        rule, *methods = line.split()
        found += [(method, rule) for method in methods]
    return found


def test_the_catalogue_is_the_captured_one() -> None:
    # 315 generated operations, 13 of contacts, and finding an invoice by its number; the contacts'
    # 13 came without naming one, which is why there are 12 here.
    assert len(every()) == 328
    assert len(set(every())) == 328


@pytest.mark.parametrize(("method", "rule"), every())
def test_an_operation_is_served_or_refused_by_name(
    app: Flask, holded: httpx.Client, method: str, rule: str
) -> None:
    path = SERVED_PREFIX + rule.replace("<>", "0" * 24)
    adapter = app.url_map.bind("holded.test")
    served = adapter.test(path, method)

    answer = holded.request(method, path)

    assert (answer.status_code == 501) == (not served)
    assert ("sandbox_unsupported" in answer.text) == (not served)


def test_what_is_not_modelled_says_so_to_a_caller_with_a_token_only(
    holded: httpx.Client, connect: Callable[..., httpx.Client]
) -> None:
    refused = holded.get("/api/v2/employees")

    assert refused.status_code == 501
    assert refused.headers["content-type"] == "application/problem+json"
    assert "not modelled by the sandbox" in refused.json()["detail"]
    assert connect(None).get("/api/v2/employees").status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/unicorns"), ("GET", "/invoices/1/unicorn"), ("POST", "/estimates/1/approve")],
)
def test_what_does_not_exist_is_not_found(holded: httpx.Client, method: str, path: str) -> None:
    assert holded.request(method, f"/api/v2{path}").status_code == 404


def test_a_method_that_does_not_exist_is_not_allowed(holded: httpx.Client) -> None:
    assert holded.patch("/api/v2/contacts").status_code == 405


def test_addresses_match_whole() -> None:
    assert operations.known("GET", "/employees/12")
    assert operations.known("GET", "/employees/")
    assert not operations.known("GET", "/employees/12/34")
    assert not operations.known("TRACE", "/employees")
