"""Paying while web and worker are killed: each invoice is charged once and booked once."""

import os
import random
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import httpx
import pytest

from tests.journeys.demo import Demo, wait_for
from tests.journeys.person import link_of

INVOICES = 4
KILLS = 6


class Payer:
    """Somebody who presses "pay" again and again, as far as the portal is there."""

    def __init__(self, demo: Demo, slug: str, email: str) -> None:
        self.demo, self.slug = demo, slug
        self.client = httpx.Client(base_url=demo.portal, follow_redirects=True, timeout=20)
        before = len(demo.mails(email))
        self.post(f"/{slug}/login", f"/{slug}/login", email=email)
        mail = wait_for(lambda: demo.mails(email)[before:] or None, "the mail")[-1]
        answer = self.client.get(link_of(mail, "/l/"))
        self.send(answer)

    def post(self, page: str, action: str, **fields: str) -> httpx.Response:
        """Open a page and send its form."""
        return self.send(self.client.get(page), action, **fields)

    def send(self, page: httpx.Response, action: str = "", **fields: str) -> httpx.Response:
        """Send the form of a page, to its own address unless told otherwise."""
        form = next(
            found
            for found in re.findall(r'<form[^>]*method="post".*?</form>', page.text, re.DOTALL)
            if "/language" not in found and "sign-out" not in found and "logout" not in found
        )
        target = re.search(r'action="([^"]*)"', form)
        hidden = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', form))
        hidden |= dict(re.findall(r'<input[^>]*name="(csrf_token)"[^>]*value="([^"]*)"', form))
        return self.client.post(
            action or (target.group(1) if target else str(page.url)),
            data={**hidden, **fields},
            headers={"Origin": self.demo.portal},
        )

    def due(self) -> list[str]:
        """Return the ids of the invoices that can be paid."""
        page = self.client.get(f"/{self.slug}/invoices?show=open").text
        found = re.findall(rf"/{self.slug}/invoices/([0-9a-f]{{24}})/pay", page)
        return list(dict.fromkeys(found))

    def pay(self, invoice: str) -> None:
        """Press pay with the first saved method, whatever becomes of it."""
        with suppress(httpx.HTTPError, StopIteration):
            page = self.client.get(f"/{self.slug}/invoices/{invoice}/pay")
            method = re.search(r'name="method"[^>]*value="(pm_[^"]+)"', page.text) or re.search(
                r'value="(pm_[^"]+)"[^>]*name="method"', page.text
            )
            if method:
                self.send(page, f"/{self.slug}/invoices/{invoice}/pay", method=method.group(1))


@pytest.fixture
def payers(demo: Demo) -> Iterator[Callable[[str, str], Payer]]:
    """Makes people who pay, and closes their browsers."""
    made: list[Payer] = []

    def meet(slug: str, email: str) -> Payer:
        made.append(Payer(demo, slug, email))
        return made[-1]

    yield meet
    for payer in made:
        payer.client.close()


def test_killed_at_any_moment_each_invoice_is_charged_and_booked_once(
    demo: Demo, payers: Callable[[str, str], Payer]
) -> None:
    slug, customer = demo.customer_about("300 holded invoices")
    payer, twin = payers(slug, customer["email"]), payers(slug, customer["email"])
    invoices = payer.due()[:INVOICES]
    chance = random.Random(20261121)  # noqa: S311 - moments, not secrets
    stop = threading.Event()
    killer = threading.Thread(target=_kill_parts, args=(demo, chance, stop))
    killer.start()

    for invoice in invoices:
        presses = [threading.Thread(target=one.pay, args=(invoice,)) for one in (payer, twin)]
        for press in presses:
            press.start()
        for press in presses:
            press.join()
    stop.set()
    killer.join()
    wait_for(lambda: _is_up(demo), "the portal")
    wait_for(lambda: _all_over(demo, payer, invoices), "every booking", 150)

    assert len(invoices) == INVOICES
    assert [len(_charges(demo, invoice)) for invoice in invoices] == [1] * INVOICES
    assert [len(_bookings(demo, invoice)) for invoice in invoices] == [1] * INVOICES


def _kill_parts(demo: Demo, chance: random.Random, stop: threading.Event) -> None:
    for _ in range(KILLS):
        time.sleep(chance.uniform(0.05, 1.5))
        part = chance.choice(["web", "worker"])
        with suppress(OSError, ValueError):
            os.kill(int((demo.folder / "run" / f"{part}.pid").read_text()), signal.SIGKILL)
        if stop.is_set():
            return


def _is_up(demo: Demo) -> bool:
    with suppress(httpx.HTTPError):
        return httpx.get(f"{demo.portal}/readyz").status_code == 200
    return False


def _all_over(demo: Demo, payer: Payer, invoices: list[str]) -> bool:
    """Press again where nothing came of it, as a person would, until all is booked."""
    missing = [invoice for invoice in invoices if not _bookings(demo, invoice)]
    for invoice in missing:
        if not _charges(demo, invoice):
            payer.pay(invoice)
    time.sleep(1)
    return not missing


def _bookings(demo: Demo, invoice: str) -> list[dict[str, Any]]:
    return [
        row
        for row in demo.ledger("holded")
        if row["invoice"] == invoice and "pi_" in row["description"]
    ]


def _charges(demo: Demo, invoice: str) -> list[dict[str, Any]]:
    return [
        row
        for row in demo.ledger("stripe")
        if row["status"] == "succeeded" and invoice in str(row["metadata"].get("invoice"))
    ]
