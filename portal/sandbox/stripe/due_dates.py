"""The due date of a sent invoice: the notice before it, and that it has passed."""

from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.periods import DAY
from portal.sandbox.stripe.registry import due
from portal.sandbox.stripe.unit import Unit


def plan_due(unit: Unit, invoice: Json) -> None:
    """Put on the clock that an invoice is due, and the notice before (a setting)."""
    for name in ("invoice.overdue", "invoice.will_be_due"):
        unit.unschedule(name, invoice["id"])
    unit.schedule(invoice["due_date"], "invoice.overdue", invoice["id"])
    days = unit.setting("will_be_due_days")
    if days is not None and invoice["due_date"] - days * DAY > unit.now:
        unit.schedule(invoice["due_date"] - days * DAY, "invoice.will_be_due", invoice["id"])


@due("invoice.will_be_due")
def will_be_due(unit: Unit, invoice_id: str) -> None:
    """Some days before the due date of a sent invoice."""
    invoice = unit.find("invoice", invoice_id)
    if invoice and not invoice.get("deleted") and invoice["status"] == "open":
        unit.emit("invoice.will_be_due", invoice)


@due("invoice.overdue")
def overdue(unit: Unit, invoice_id: str) -> None:
    """The due date of a sent invoice has passed."""
    invoice = unit.find("invoice", invoice_id)
    if invoice and not invoice.get("deleted") and invoice["status"] == "open":
        unit.emit("invoice.overdue", invoice)
