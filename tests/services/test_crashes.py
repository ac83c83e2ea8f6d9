"""A process that is killed at any point of a payment leaves nothing that does not come right."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from portal.domain.money import Money
from portal.mirror import invoices
from portal.services import backups, payment_methods, presses
from portal.services.actions import shares_of
from portal.services.payments import Wish
from portal.services.presses import Wanted
from portal.store import operations
from portal.store.actions import ActionRow
from portal.store.inbox import EventState, WebhookEventRow
from portal.store.operations import OperationRow
from portal.store.outbox import JobRow
from tests.dying import Doomed, doomed
from tests.house import House
from tests.payer import DUE, Payer
from tests.reconciling import reconcile

pytestmark = [pytest.mark.loopback, pytest.mark.provider]
# Longer than leases, and than what was sent may be on its way.
LONGEST = timedelta(minutes=10)
DECLINING, MASTERCARD = "4000000000000341", "pm_card_mastercard"


@dataclass(frozen=True)
class Came:
    """What came of a story: charges, bookings, how often each invoice was receipted, documents."""

    charges: tuple[int, ...] = ()
    bookings: tuple[str, ...] = ()
    receipted: tuple[int, ...] = ()
    documents: tuple[tuple[str, str, bool], ...] = ()
    notes: tuple[tuple[str, bool], ...] = ()


@dataclass(frozen=True)
class Books:
    """What Stripe charged and what stands in Holded and on receipts, each in the order it came."""

    charges: tuple[int, ...]
    bookings: tuple[str, ...]
    receipted: tuple[str, ...]
    documents: tuple[tuple[str, str, bool], ...]
    notes: tuple[tuple[str, bool], ...]

    def since(self, before: "Books") -> Came:
        """Return what has come since."""
        return Came(
            self.charges[len(before.charges) :],
            self.bookings[len(before.bookings) :],
            tuple(Counter(self.receipted[len(before.receipted) :]).values()),
            self.documents[len(before.documents) :],
            self.notes[len(before.notes) :],
        )


@dataclass
class Scene:
    """A payer, the card that is kept, and what the merchant's people ask Holded and Stripe for."""

    payer: Payer
    killer: Doomed
    card: str = ""
    method: str = ""

    @property
    def house(self) -> House:
        return self.payer.house

    def books(self) -> Books:
        """Return what stands everywhere."""
        with self.house.db.session() as reader:
            paid = reader.query(ActionRow).filter_by(verb="paid").order_by(ActionRow.number).all()
        return Books(
            tuple(self.payer.charges()),
            tuple(self.payer.bookings()),
            tuple(share["id"] for row in paid for share in shares_of(row.details)),
            tuple(
                (one["total"], one["payments_pending"], one["draft"])
                for one in self.listed("invoices")
            ),
            tuple((one["total"], one["draft"]) for one in self.listed("credit-notes")),
        )

    def listed(self, path: str) -> list[dict[str, Any]]:
        """Return the documents that stand in Holded, in the order they were made."""
        items = self.house.holded.get(f"/{path}", params={"limit": 200}).json()["items"]
        return sorted(items, key=lambda one: one["id"])

    def press(self, subjects: Sequence[str], method: str = "") -> str:
        """Press as the doomed one does, and return the operation that came last."""
        total = Money(DUE.amount * len(subjects), DUE.currency)
        each = [Wanted(invoice, DUE) for invoice in subjects]
        return presses.press(self.payer.visit(), each, Wish(total, method)).last.operation

    def fill_in(self, operation: str) -> None:
        """Pay on the page of Checkout that an operation leads to."""
        with self.house.db.session() as reader:
            page = reader.get_one(OperationRow, operation).leave_url
        if page:
            self.payer.at_checkout(page)

    def open_of(self, subjects: Sequence[str]) -> list[str]:
        """Return which of these invoices their customer still sees a button for."""
        visit = self.payer.visit()
        return [id for id in subjects if invoices.get(visit, id).may_pay.is_allowed]


@dataclass(frozen=True)
class Story:
    """What is begun in this process, done in the one that is killed, and right in the end.

    `begin` returns what the doomed one is told of; `go_on` is what its customer does when all has
    come to rest.
    """

    does: str
    begin: Callable[[Scene], list[str]]
    right: Came
    set_up: Callable[[Scene], None] = lambda _scene: None
    pays_with: Callable[[Scene], str] = lambda _scene: ""
    go_on: Callable[[Scene, list[str]], None] = lambda _scene, _subjects: None


def keep_card(scene: Scene) -> None:
    scene.card = scene.payer.card()


def one(scene: Scene) -> list[str]:
    return [scene.payer.invoice()]


def a_set(scene: Scene) -> list[str]:
    return [scene.payer.invoice(), scene.payer.stripe_invoice(), scene.payer.invoice()]


def pressed(begin: Callable[[Scene], list[str]]) -> Callable[[Scene], list[str]]:
    """Have what is begun pressed for with the card that is kept."""

    def press(scene: Scene) -> list[str]:
        subjects = begin(scene)
        scene.press(subjects, scene.card)
        scene.house.deliver()
        return subjects

    return press


def press_again(scene: Scene, subjects: list[str]) -> None:
    """Press whatever button is still there."""
    if still := scene.open_of(subjects):
        scene.press(still, scene.card)


def paid_at_checkout(scene: Scene) -> list[str]:
    operation = scene.press(one(scene))
    scene.fill_in(operation)
    return [operation]


def go_to_checkout(scene: Scene, subjects: list[str]) -> None:
    """Press again and pay on the page it leads to, which may be one that was opened before."""
    if scene.open_of(subjects):
        scene.fill_in(scene.press(subjects))


def collect_with_a_backup(scene: Scene) -> None:
    """Have the merchant collect from a card that is declined, and then from the backup."""
    scene.house.decide(collect_method="Stripe", backup_method=True)
    made = scene.house.holded.post("/payment-methods", json={"name": "Stripe"})
    scene.method = str(made.raise_for_status().json()["id"])
    row = payment_methods.add(scene.payer.visit(), consent="Charge it for later invoices.")
    scene.payer.at_checkout(row.leave_url, DECLINING)
    scene.house.settle_down()
    backups.choose(scene.payer.visit(), scene.payer.card(MASTERCARD), consent="And this one.")


def to_be_collected(scene: Scene) -> list[str]:
    line = {"name": "Work", "units": 1, "price": "100.00", "taxes": ["s_iva_21"]}
    body = {
        "contact_id": scene.payer.holded_contact,
        "date": "2026-11-01",
        "due_date": "2026-11-15",
        "items": [line],
        "payment_method_id": scene.method,
    }
    id = str(scene.house.holded.post("/invoices", json=body).raise_for_status().json()["id"])
    scene.house.holded.post(f"/invoices/{id}/approve").raise_for_status()
    scene.house.deliver()
    return [id]


def make_counterparts(scene: Scene) -> None:
    scene.house.decide(invoice_stripe_sales="paid", invoice_stripe_since=date(2020, 1, 1))
    keep_card(scene)


def sold(scene: Scene) -> list[str]:
    invoice = scene.payer.stripe_invoice(collection_method="charge_automatically")
    scene.house.stripe.v1.invoices.pay(invoice, {"payment_method": scene.card})
    scene.house.deliver()
    return [invoice]


def refunded(scene: Scene) -> list[str]:
    subjects = one(scene)
    scene.press(subjects, scene.card)
    scene.house.settle_down()
    [intent] = scene.house.stripe.v1.payment_intents.list({"limit": 1}).data
    scene.house.stripe.v1.refunds.create({"payment_intent": intent.id})
    scene.house.deliver()
    return subjects


def kept(scene: Scene) -> str:
    return scene.card


PAID = ("121.00", "0.00", False)
ONE = Came((12100,), ("121.00",), (1,), (PAID,))
SET = Came((24200, 12100), ("121.00", "121.00"), (1, 1, 1), (PAID, PAID))
MADE = Came((12100,), ("121.00",), (), (PAID,))
CREDITED = replace(ONE, notes=(("121.00", True),))
STORIES = {
    "pay a set": Story("press", a_set, SET, keep_card, kept, press_again),
    "pay": Story("press", one, ONE, keep_card, kept, press_again),
    "book a set": Story("work", pressed(a_set), SET, keep_card),
    "go to Checkout": Story("press", one, ONE, go_on=go_to_checkout),
    "come back from Checkout": Story("come back", paid_at_checkout, ONE),
    "collect": Story("work", to_be_collected, ONE, collect_with_a_backup),
    "make a counterpart": Story("work", sold, MADE, make_counterparts),
    "credit a refund": Story("work", refunded, CREDITED, keep_card),
}


@pytest.fixture
def scene(payer: Payer, tmp_path: Path) -> Iterator[Scene]:
    with doomed(payer, tmp_path) as killer:
        yield Scene(payer, killer)


def is_at_rest(house: House) -> bool:
    """Say whether nothing is waiting: no event, no job, and no operation for its answer."""
    with house.db.session() as reader:
        jobs = reader.query(JobRow).filter(JobRow.run_at <= house.now() + LONGEST).count()
        events = reader.query(WebhookEventRow).filter_by(state=EventState.WAITING).count()
        return not (jobs or events or operations.list_unanswered(reader, before=house.now()))


def come_to_rest(house: House) -> None:
    """Have a fresh worker look after everything, as long as it takes."""
    house.settle_down()
    while house.ahead < LONGEST and not is_at_rest(house):
        house.pass_time(130)
        house.worker().tick()
        house.settle_down()


def live(scene: Scene, story: Story, die_at: int = -1) -> tuple[list[str], Came]:
    """Begin a story anew, have it killed at a point, and return its points and what came of it."""
    before = scene.books()
    subjects = story.begin(scene)
    points = scene.killer.do(story.does, subjects, story.pays_with(scene), die_at=die_at)
    come_to_rest(scene.house)
    story.go_on(scene, subjects)
    come_to_rest(scene.house)
    scene.house.ahead = timedelta()
    return points, scene.books().since(before)


@pytest.mark.parametrize("name", STORIES)
def test_killed_at_any_point_it_comes_right_in_the_end(scene: Scene, name: str) -> None:
    story, lives = STORIES[name], []
    story.set_up(scene)
    _, undisturbed = live(scene, story)

    for number in count():
        points, came = live(scene, story, number)
        if len(points) <= number:
            break
        lives.append((points[-1], came))

    assert undisturbed == story.right
    assert lives
    assert [life for life in lives if life[1] != story.right] == []
    assert reconcile(scene.house) == []
