"""A ledger over both sandboxes, made at random from a seed, with what each document must come to.

What is expected is worked out here from what was done, never by the product's own code.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from portal.domain.money import Money
from portal.services import payments
from portal.services.payments import Wish
from tests.house import House
from tests.payer import Payer

# Days the portal's clock is ahead of the making when the ledger is read.
LATER = 20
# The least that Stripe charges is below each; sums of three decimals end in a zero.
SUMS = {
    "eur": (2_000, 90_000),
    "usd": (2_000, 90_000),
    "jpy": (500, 90_000),
    "kwd": (2_000, 90_000),
}
CREDITED, PAID, VOID = "credited", "paid", "void"


@dataclass
class Row:
    """What one document must be: its word, sums and fate; those of a foreign one are not told."""

    id: str
    currency: str
    total: int
    due: int
    word: str
    due_on: date | None = None
    credited: int = 0
    refunded: int = 0
    is_note: bool = False
    is_foreign: bool = False

    @property
    def is_over(self) -> bool:
        """Whether nothing of it is to be paid."""
        return self.due == 0


@dataclass
class Book:
    """One customer in one currency at Stripe: what must be shown, and what must not."""

    payer: Payer
    currency: str
    rows: dict[str, Row] = field(default_factory=dict)
    hidden: set[str] = field(default_factory=set)
    on_its_way: dict[str, int] = field(default_factory=dict)
    credit: int = 0
    card: str = ""

    @property
    def made(self) -> int:
        """How many documents there are, shown or not."""
        return len(self.rows) + len(self.hidden)


class Maker:
    """Makes documents as merchants and customers do, and writes down what they must come to."""

    def __init__(self, house: House, seed: int) -> None:
        self.house, self.random = house, Random(seed)  # noqa: S311 - repeatable on purpose
        self.stripe = house.stripe.v1
        self.last: list[Callable[[], None]] = []
        self.later: list[Callable[[], None]] = []
        self.disputed: dict[str, tuple[Book, str]] = {}

    @property
    def today(self) -> date:
        """The merchant's day when the ledger is read."""
        then = datetime.now(UTC) + timedelta(days=LATER)
        return then.astimezone(ZoneInfo("Europe/Madrid")).date()

    def book(self, payer: Payer, currency: str) -> Book:
        """Open the book of a customer, who has a card."""
        made = Book(payer, currency)
        card = self.stripe.payment_methods.attach(
            "pm_card_visa", {"customer": payer.stripe_customer}
        )
        made.card = str(card.id)
        return made

    def sum(self, currency: str) -> int:
        """Choose a sum."""
        return self.random.randint(*SUMS[currency]) // 10 * 10

    def word_of(self, row: Row, *, is_part_paid: bool) -> str:
        """Say what an open document is called when it is read."""
        if row.due_on is not None and row.due_on < self.today:
            return "overdue"
        if row.due_on == self.today:
            return "due_today"
        return "part_paid" if is_part_paid else "open"

    # At Stripe

    def at_stripe(self, book: Book, *, days: int | None = None, total: int = 0) -> Row:
        """Issue an invoice that is sent, and note it as open."""
        total = total or self.sum(book.currency)
        days = self.random.choice([5, LATER + 30]) if days is None else days
        made = self.stripe.invoices.create(
            {
                "customer": book.payer.stripe_customer,
                "currency": book.currency,
                "collection_method": "send_invoice",
                "days_until_due": days,
            }
        )
        self.stripe.invoice_items.create(
            {
                "customer": book.payer.stripe_customer,
                "invoice": made.id,
                "amount": total,
                "currency": book.currency,
                "description": f"Fonts {total}",
            }
        )
        told = self.stripe.invoices.finalize_invoice(made.id)
        due_on = datetime.fromtimestamp(told.due_date, UTC).date()
        row = Row(str(made.id), book.currency, total, total, "", due_on)
        row.word = self.word_of(row, is_part_paid=False)
        book.rows[row.id] = row
        return row

    def stripe_paid(self, book: Book, card: str = "") -> Row:
        """One that a card has paid."""
        row = self.at_stripe(book)
        self.stripe.invoices.pay(row.id, {"payment_method": card or book.card})
        row.due, row.word = 0, PAID
        return row

    def stripe_part_paid(self, book: Book) -> None:
        """One of which an intent of its own paid a part."""
        row = self.at_stripe(book)
        part = row.total // 40 * 10
        intent = self.stripe.payment_intents.create(
            {
                "amount": part,
                "currency": book.currency,
                "customer": book.payer.stripe_customer,
                "payment_method": book.card,
                "return_url": "http://127.0.0.1:8000/",
                "confirm": True,
            }
        )
        self.stripe.invoices.attach_payment(row.id, {"payment_intent": intent.id})
        row.due -= part
        row.word = self.word_of(row, is_part_paid=True)

    def stripe_void(self, book: Book) -> None:
        """One that was cancelled."""
        row = self.at_stripe(book)
        self.stripe.invoices.void_invoice(row.id)
        row.due, row.word = 0, VOID

    def stripe_given_up(self, book: Book) -> None:
        """One the merchant no longer expects to be paid, which is owed all the same."""
        row = self.at_stripe(book, days=LATER + 30)
        self.stripe.invoices.mark_uncollectible(row.id)
        row.word = "overdue"

    def stripe_draft(self, book: Book) -> None:
        """One nobody may see yet."""
        made = self.stripe.invoices.create(
            {"customer": book.payer.stripe_customer, "currency": book.currency}
        )
        book.hidden.add(str(made.id))

    def stripe_credited(self, book: Book) -> None:
        """An open one that a credit note takes back, in part or whole."""
        row = self.at_stripe(book)
        back = self.random.choice([row.total, row.total // 40 * 10])
        self.note_of(book, row, back)
        row.due, row.credited = row.total - back, back
        is_whole = back == row.total
        row.word = CREDITED if is_whole else self.word_of(row, is_part_paid=False)

    def stripe_credited_later(self, book: Book) -> None:
        """A paid one of which a part becomes credit; at the end, or later ones would use it up."""
        row = self.stripe_paid(book)
        back = row.total // 40 * 10
        self.last.append(lambda: self.note_of(book, row, back, credit_amount=back))
        row.credited = back
        book.credit -= back

    def note_of(self, book: Book, row: Row, back: int, **more: int) -> None:
        """Issue a credit note and note it."""
        note = self.stripe.credit_notes.create({"invoice": row.id, "amount": back, **more})
        book.rows[note.id] = Row(str(note.id), book.currency, -back, 0, CREDITED, is_note=True)

    def stripe_refunded(self, book: Book) -> None:
        """A paid one whose money went back, in part or whole."""
        row = self.stripe_paid(book)
        self.refund(row, self.random.choice([row.total, row.total // 40 * 10]))

    def refund(self, row: Row, back: int) -> None:
        """Give money of an invoice back."""
        found = self.stripe.invoice_payments.list({"invoice": row.id}).data
        intent = next(one.payment.payment_intent for one in found if one.status == "paid")
        self.stripe.refunds.create({"payment_intent": intent, "amount": back})
        row.refunded = back
        row.word = "refunded" if back == row.total else "part_refunded"

    def stripe_disputed(self, book: Book) -> None:
        """A paid one whose payment is disputed; how that ends is decided at the end."""
        card = self.stripe.payment_methods.attach(
            "pm_card_createDispute", {"customer": book.payer.stripe_customer}
        )
        row = self.stripe_paid(book, str(card.id))
        row.word = self.random.choice(["disputed", "returned", PAID])
        found = self.stripe.invoice_payments.list({"invoice": row.id}).data
        self.disputed[str(found[0].payment.payment_intent)] = (book, row.id)

    # In Holded

    def in_holded(
        self,
        book: Book,
        *,
        total: int = 0,
        approves: bool = True,
        days: int | None = None,
        **more: Any,
    ) -> Row:
        """Write an invoice, approved unless told otherwise, and note it as open."""
        total = total or self.sum("eur")
        days = self.random.choice([-60, 5, LATER, LATER + 30]) if days is None else days
        day = date.today() + timedelta(days=days)  # noqa: DTZ011 - Holded's days have no zone
        if days == LATER:
            day = self.today
        body = {
            "contact_id": book.payer.holded_contact,
            "date": "2026-11-01",
            "due_date": day.isoformat(),
            "items": [{"name": "Work", "units": 1, "price": f"{total // 100}.{total % 100:02}"}],
            **more,
        }
        id = str(self.post("/invoices", **body)["id"])
        if approves:
            self.post(f"/invoices/{id}/approve")
        row = Row(id, "eur", total, total, "", day)
        row.word = self.word_of(row, is_part_paid=False)
        if approves:
            book.rows[id] = row
        else:
            book.hidden.add(id)
        return row

    def post(self, path: str, /, **body: Any) -> Any:
        """Ask something of Holded."""
        answer = self.house.holded.post(path, json=body).raise_for_status()
        return answer.json() if answer.content else {}

    def book_in_holded(self, row: Row, amount: int, collection: str = "invoices") -> None:
        """Have the merchant enter a payment."""
        self.post(
            f"/{collection}/{row.id}/payments",
            amount=f"{amount // 100}.{amount % 100:02}",
            date="2026-11-20",
        )

    def holded_paid(self, book: Book) -> Row:
        """One that the merchant entered as paid."""
        row = self.in_holded(book)
        self.book_in_holded(row, row.total)
        row.due, row.word = 0, PAID
        return row

    def holded_part_paid(self, book: Book) -> Row:
        """One that is paid in part."""
        row = self.in_holded(book)
        self.book_in_holded(row, row.total // 4)
        row.due -= row.total // 4
        row.word = self.word_of(row, is_part_paid=True)
        return row

    def holded_void(self, book: Book) -> None:
        """One that was cancelled."""
        row = self.in_holded(book)
        self.post(f"/invoices/{row.id}/cancel")
        row.due, row.word = 0, VOID

    def holded_draft(self, book: Book) -> None:
        """One nobody may see yet."""
        self.in_holded(book, approves=False)

    def holded_corrected(self, book: Book) -> None:
        """One that a credit note takes back, which nobody has set against it yet, or somebody."""
        row = self.random.choice([self.in_holded, self.holded_part_paid])(book)
        made = self.post(
            "/documents/convert", source_type="invoice", source_id=row.id, target_type="creditnote"
        )
        note = Row(str(made["id"]), "eur", -row.total, 0, CREDITED, is_note=True)
        self.post(f"/credit-notes/{note.id}/approve")
        book.rows[note.id] = note
        row.credited = row.total
        if self.random.random() < 0.3:
            self.book_in_holded(note, row.total, "credit-notes")
            self.book_in_holded(row, row.due)
        row.due, row.word = 0, CREDITED

    def holded_note_alone(self, book: Book) -> None:
        """A credit note that names no invoice."""
        back = self.sum("eur")
        items = [{"name": "Less", "units": 1, "price": f"{back // 100}.{back % 100:02}"}]
        made = self.post("/credit-notes", contact_id=book.payer.holded_contact, items=items)
        id = str(made["id"])
        self.post(f"/credit-notes/{id}/approve")
        book.rows[id] = Row(id, "eur", -back, 0, CREDITED, is_note=True)

    def holded_foreign(self, book: Book) -> None:
        """One in another currency, whose sums are in its PDF alone."""
        row = self.in_holded(book, currency="usd", currency_change="1.1")
        row.is_foreign = True

    def holded_paid_here(self, book: Book) -> None:
        """One that is paid through the portal; what then becomes of the money varies."""
        row = self.in_holded(book)
        fate = self.random.choice(["kept", "refunded", "part_refunded"])

        def pay() -> None:
            wish = Wish(Money(row.total, "eur"), book.card)
            payments.pay(book.payer.visit(), row.id, wish)

        self.later.append(pay)
        row.due, row.word = 0, PAID
        if fate != "kept":
            row.refunded = row.total if fate == "refunded" else row.total // 4
            row.word = fate
            self.disputed[row.id] = (book, row.id)

    def holded_debited(self, book: Book, debit: str) -> None:
        """One that a bank debit is under way for."""
        row = self.in_holded(book)

        def pay() -> None:
            payments.pay(book.payer.visit(), row.id, Wish(Money(row.total, "eur"), debit))

        self.later.append(pay)
        row.word = "processing"
        book.on_its_way[row.id] = row.due

    # One sale in both

    def pair(self, book: Book) -> None:
        """A sale that both systems hold, in one of the ways it may stand in either."""
        total = self.sum("eur")
        kind = self.random.choice(
            ["open", "paid there", "paid here", "part", "draft", "void", "text", "other sum",
             "refunded", "receipt void"]
        )  # fmt: skip
        receipt = (
            self.stripe_paid_of(book, total)
            if kind in {"paid there", "refunded"}
            else self.at_stripe(book, total=total)
        )
        in_text = {"description": f"Billed as {receipt.id} at Stripe"}
        told = in_text if kind in {"text", "other sum"} else {"tags": [f"stripe:{receipt.id}"]}
        wrong = {"other sum": total + 10}.get(kind, total)
        row = self.in_holded(book, total=wrong, approves=kind != "draft", **told)
        if kind in {"draft", "other sum"}:
            return
        if kind == "void":
            self.post(f"/invoices/{row.id}/cancel")
            row.due, row.word = 0, VOID
            return
        book.hidden.add(book.rows.pop(receipt.id).id)
        if kind in {"paid there", "refunded"}:
            row.due, row.word = 0, PAID
        if kind == "paid here":
            self.book_in_holded(row, total)
            row.due, row.word = 0, PAID
        if kind == "part":
            self.book_in_holded(row, total // 4)
            row.due -= total // 4
            row.word = self.word_of(row, is_part_paid=True)
        if kind == "refunded":
            receipt.total = total
            self.refund(receipt, total // 40 * 10)
            row.refunded, row.word = receipt.refunded, receipt.word
        if kind == "receipt void":
            self.stripe.invoices.void_invoice(receipt.id)

    def stripe_paid_of(self, book: Book, total: int) -> Row:
        """A paid one of a given sum."""
        row = self.at_stripe(book, total=total)
        self.stripe.invoices.pay(row.id, {"payment_method": book.card})
        row.due, row.word = 0, PAID
        return row

    # To the end

    def finish(self) -> None:
        """Have everything told, what is paid here paid, and disputes decided."""
        for act in self.last:
            act()
        self.house.settle_down(400)
        for act in self.later:
            act()
        self.house.settle_down(400)
        self.give_back()
        self.house.control("stripe", "clock", advance=60)
        self.decide()
        self.house.control("stripe", "clock", advance=60)
        self.house.settle_down(400)

    def give_back(self) -> None:
        """Refund what was paid here and is to go back."""
        listed = self.stripe.payment_intents.list({"limit": 100}).auto_paging_iter()
        told = {one.metadata.to_dict().get("invoice", ""): one.id for one in listed}
        intents = {name.removeprefix("holded:"): id for name, id in told.items()}
        for name, (book, id) in self.disputed.items():
            if name == id:
                back = book.rows[id].refunded
                self.stripe.refunds.create({"payment_intent": intents[id], "amount": back})

    def decide(self) -> None:
        """Let the bank decide the disputes that are not to stay open."""
        evidence = {"returned": "losing_evidence", PAID: "winning_evidence"}
        for one in self.stripe.disputes.list({"limit": 100}).data:
            book, id = self.disputed[str(one.payment_intent)]
            text = evidence.get(book.rows[id].word)
            if text:
                told = {"evidence": {"uncategorized_text": text}, "submit": True}
                self.stripe.disputes.update(one.id, told)


def make(house: House, payers: dict[str, Payer], seed: int) -> list[Book]:
    """Make 200 documents and more in the books of some customers, by the currency of each."""
    maker = Maker(house, seed)
    books = {code: maker.book(payer, code) for code, payer in payers.items()}
    alone = [
        maker.at_stripe, maker.stripe_paid, maker.stripe_part_paid, maker.stripe_void,
        maker.stripe_given_up, maker.stripe_draft, maker.stripe_credited,
        maker.stripe_credited_later, maker.stripe_refunded, maker.stripe_disputed,
    ]  # fmt: skip
    both = [
        *alone, maker.in_holded, maker.holded_paid, maker.holded_part_paid, maker.holded_void,
        maker.holded_draft, maker.holded_corrected, maker.holded_note_alone,
        maker.holded_foreign, maker.holded_paid_here, *[maker.pair] * 8,
    ]  # fmt: skip
    for book in books.values():
        acts = both if book.currency == "eur" else alone
        for act in maker.random.sample(acts, len(acts)):
            act(book)
    maker.holded_debited(books["eur"], books["eur"].payer.debit())
    while sum(book.made for book in books.values()) < 200:
        maker.random.choice(both)(books["eur"])
    maker.finish()
    return list(books.values())
