"""`make bench`: the portal beside bare Flask, on SQLite and on PostgreSQL, and the sandboxes too.

Rounds alternate between the two, ratios are taken round by round, and the middle one counts: on a
machine that does other things too, ratios and CPU hold while absolute figures do not. Nothing here
is a test: it ends well whatever it measured, and badly only if it could not measure.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from bench import load, processes, sandboxes, sites
from bench.events import Events
from bench.measure import Options, Pair, Round, press
from bench.report import Report
from bench.sites import SETTINGS, Site
from scripts import postgres

FEW, MANY, SOME = 1, 2, 3  # the customers with 10, 5,000 and 40 invoices
TOP_ROW = (("overview", "the overview"), ("invoices", "the list of invoices"))

# The invoice after which the last page begins, of 25: the list is sorted by these two.
BEFORE_LAST_PAGE = """
    SELECT invoices.issued_key, invoices.id FROM invoices
    JOIN customers ON customers.id = invoices.customer_id
    WHERE customers.stripe_customer = 'cus_bench00000002'
    ORDER BY invoices.issued_key, invoices.id LIMIT 1 OFFSET 25
"""


def page_request(path: str, cookie: str) -> bytes:
    """Return the request of a signed-in browser."""
    return load.get(path, Cookie=cookie, Accept="text/html", Accept_Language="en-GB,en;q=0.9")


def measure_pages(site: Site, options: Options, report: Report) -> None:
    """Load the pages, and the bare page of the same size, and one customer beside another."""
    with (
        sites.served(site, "wsgi:app", SETTINGS["ready"]) as (port, pid),
        sites.served(site, "bench.bare:app", "/page/100") as (bare_port, bare_pid),
    ):
        cookies = {
            customer: sites.portal(site, SETTINGS["cookie_cmd"], customer=customer)
            for customer in (FEW, MANY, SOME)
        }
        roots, bare_roots = (pid, *site.servers), (bare_pid, *site.servers)
        for name, title in TOP_ROW:
            asked = {who: page_request(SETTINGS["pages"][name], cookies[who]) for who in cookies}
            size, statements = look(port, asked[SOME])
            bare = load.get(f"/page/{size}")
            press(port, asked[SOME], roots, seconds=0.5)
            press(bare_port, bare, bare_roots, seconds=0.5)
            pair = Pair(
                [
                    (
                        press(port, asked[SOME], roots, seconds=options.seconds),
                        press(bare_port, bare, bare_roots, seconds=options.seconds),
                    )
                    for _ in range(options.rounds)
                ]
            )
            report.page(site.name, title, size, statements, pair)
            compare_customers(site, title, port, asked, roots, options, report)
        compare_ends(site, port, cookies[MANY], roots, options, report)
        report.memory(site.name, processes.memory_of_workers(pid))


def look(port: int, request: bytes) -> tuple[int, int]:
    """Return the length of a page and the number of statements it took."""
    outcome = load.press(port, iter([request]), seconds=10, connections=1)
    if outcome.statuses != {200: 1}:
        raise RuntimeError(f"a page answers {outcome.statuses}")
    return outcome.body_bytes, int(outcome.header("x-statements"))


def compare_customers(
    site: Site,
    title: str,
    port: int,
    asked: dict[int, bytes],
    roots: tuple[int, ...],
    options: Options,
    report: Report,
) -> None:
    """Load one page for the customers with 5,000, 40 and 10 invoices in turn."""
    rounds = [
        {who: press(port, asked[who], roots, seconds=options.seconds) for who in asked}
        for _ in range(options.rounds)
    ]
    for other, count, most, good in ((SOME, 40, 1.15, 1.05), (FEW, 10, 1.5, 1.35)):
        ratio = median(each[MANY].cpu / each[other].cpu for each in rounds)
        what = f"5,000 invoices / {count}"
        report.growth(site.name, title, what, ratio, most=most, good=good)


def compare_ends(
    site: Site, port: int, cookie: str, roots: tuple[int, ...], options: Options, report: Report
) -> None:
    """Load the first page of the list and the last one of the customer with 5,000 invoices."""
    path = SETTINGS["pages"]["invoices"]
    [(day, id)] = site.query(BEFORE_LAST_PAGE)
    ends = [page_request(each, cookie) for each in (path, f"{path}?after={day}_{id}")]
    for each in ends:
        press(port, each, roots, seconds=0.5)
    rounds = [
        [press(port, each, roots, seconds=options.seconds) for each in ends]
        for _ in range(options.rounds)
    ]
    ratio = median(last.cpu / first.cpu for first, last in rounds)
    report.growth(site.name, TOP_ROW[1][1], "last page / first", ratio, most=1.2, good=1.05)


def measure_webhooks(site: Site, options: Options, report: Report) -> None:
    """Post events to both until enough are in, then let the worker empty the inbox."""
    events = Events(options.customers, SETTINGS["webhook_secret"])
    accepted = 0
    rounds = []
    with (
        sites.served(site, "wsgi:app", SETTINGS["ready"]) as (port, pid),
        sites.served(site, "bench.bare:app", "/page/100") as (bare_port, bare_pid),
    ):
        for number in range(options.rounds + 1):
            own = post(site, port, pid, SETTINGS["webhook_path"], events, options)
            bare = post(site, bare_port, bare_pid, "/hook", events, options, kept=False)
            accepted += own.outcome.answers
            if number:  # the first warms both up
                rounds.append((own, bare))
        pair = Pair(rounds)
        report.intake(site.name, pair)
    report.drain(site.name, pair, *drain(site, accepted))
    report.lost(site.name, accepted, lost(site, events, accepted))


def post(
    site: Site,
    port: int,
    pid: int,
    path: str,
    events: Events,
    options: Options,
    *,
    kept: bool = True,
) -> Round:
    """Post some events as fast as they are answered, made and signed beforehand."""
    requests = [
        load.post(path, body, Stripe_Signature=signature)
        for body, signature in events.take(options.events, is_for_mirror=kept)
    ]
    return press(port, iter(requests), (pid, *site.servers), seconds=600)


def drain(site: Site, count: int) -> tuple[float, float]:
    """Return the CPU milliseconds the worker needs for an event, and events a second."""
    with sites.worker(site) as pid:
        roots = (pid, *site.servers)
        before, began = processes.cpu_seconds(*roots), datetime.now(UTC)
        left = site.query(sites.WAITING)[0][0]
        processes.wait_until(lambda: site.query(sites.WAITING)[0][0] == 0, 300)
        used = processes.cpu_seconds(*roots) - before
        took = (datetime.now(UTC) - began).total_seconds()
    if left < count / 2:
        raise RuntimeError("the worker was faster than the watch")
    return 1000 * used / left, left / took


def lost(site: Site, events: Events, accepted: int) -> int:
    """Return how many events were answered with 200 and did not reach inbox or mirror."""
    states: dict[str, datetime] = {}
    for table in sites.MIRRORED:
        states.update(dict(site.query(sites.STATES.format(table))))
    stale = sum(
        int(moment(states[name]).timestamp()) != created for name, created in events.latest.items()
    )
    return accepted - int(site.query(sites.HANDLED)[0][0]) + stale


def moment(stored: datetime | str) -> datetime:
    """Return a time as stored: SQLite has text, in UTC."""
    found = datetime.fromisoformat(stored) if isinstance(stored, str) else stored
    return found if found.tzinfo else found.replace(tzinfo=UTC)


@contextmanager
def all_sites(wanted: str, report: Report) -> Iterator[list[Site]]:
    """Yield the databases to measure on; says why PostgreSQL is left out where it is."""
    with ExitStack() as stack:
        found = []
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="portal-bench-")))
        for name in ("sqlite", "postgresql"):
            (folder / name).mkdir()
        if wanted in {"sqlite", "both"}:
            url = f"sqlite:///{folder}/sqlite/portal.sqlite3"
            found.append(Site("SQLite", url, folder / "sqlite", ()))
        if wanted in {"postgresql", "both"}:
            try:
                url = stack.enter_context(postgres.cluster(durable=True))
            except postgres.PostgresMissing as reason:
                report.left_out("PostgreSQL", str(reason))
            else:
                pid = postgres.process_id(url)
                found.append(Site("PostgreSQL", url, folder / "postgresql", (pid,)))
        yield found


def measure_portal(database: str, only: str | None, options: Options, report: Report) -> None:
    """Measure pages and webhooks on each database."""
    with all_sites(database, report) as found:
        for site in found:
            report.begin(site.name, site.web_processes)
            sites.portal(site, SETTINGS["seed"], customers=options.customers)
            if only != "webhooks":
                measure_pages(site, options, report)
            if only != "pages":
                measure_webhooks(site, options, report)


def main() -> int:
    """Measure and print; 1 if something could not be measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--database", choices=("sqlite", "postgresql", "both"), default="both")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--seconds", type=float, default=2.0, help="of each round of pages")
    parser.add_argument("--customers", type=int, default=1_000)
    parser.add_argument("--events", type=int, default=1_500, help="in each round of webhooks")
    parser.add_argument("--invoices", type=int, default=100_000, help="in each sandbox")
    parser.add_argument("--only", choices=("pages", "webhooks", "sandbox"), help="one part")
    given = parser.parse_args()
    options = Options(given.rounds, given.seconds, given.customers, given.events, given.invoices)
    report = Report()
    try:
        if given.only != "sandbox":
            measure_portal(given.database, given.only, options, report)
        if given.only in (None, "sandbox"):
            sandboxes.measure(options, report)
    except (OSError, RuntimeError, TimeoutError) as error:
        print(f"Could not measure: {error}", file=sys.stderr)
        return 1
    finally:
        report.summary()
    return 0


if __name__ == "__main__":
    sys.exit(main())
