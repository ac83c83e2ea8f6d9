"""Slips that the payer takes to a bank or a shop: Boleto, OXXO, Konbini, Multibanco."""

import datetime
import zoneinfo
from typing import NamedTuple

from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.ids import scramble
from portal.sandbox.stripe.unit import Unit


class Slip(NamedTuple):
    """How a type's slip ends: `days` until 23:59 of the last day in `zone`."""

    action: str
    zone: str
    days: int
    digits: int


SLIPS = {
    "boleto": Slip("boleto_display_details", "America/Sao_Paulo", 3, 47),
    "oxxo": Slip("oxxo_display_details", "America/Mexico_City", 3, 32),
    "konbini": Slip("konbini_display_details", "Asia/Tokyo", 3, 10),
    "multibanco": Slip("multibanco_display_details", "Europe/Lisbon", 7, 9),
}
ACTIONS = frozenset(slip.action for slip in SLIPS.values())
STORES = ("familymart", "lawson", "ministop", "seicomart")


def end_of_day(now: int, days: int, zone: str = "America/Sao_Paulo") -> int:
    """23:59 there, that many days from now (facts/stripe.md B5)."""
    here = datetime.datetime.fromtimestamp(now, zoneinfo.ZoneInfo(zone))
    then = (here + datetime.timedelta(days=days)).replace(hour=23, minute=59, second=0)
    return int(then.timestamp())


def expires_at(unit: Unit, kind: str, options: Json) -> int:
    """When a slip that is issued now can no longer be paid."""
    slip = SLIPS[kind]
    if options.get("expires_at"):
        return int(options["expires_at"])
    days = options.get("expires_after_days")
    if days is None:
        days = unit.setting(f"{kind}_days", slip.days)
    return end_of_day(unit.account_now, int(days), slip.zone)


def action(unit: Unit, intent: Json, kind: str, at: int) -> Json:
    """The `next_action` that shows the slip."""
    slip = SLIPS[kind]
    seed = f"{intent['id']}:{unit.account_now}"
    digits = "".join(str(ord(one) % 10) for one in scramble(seed, slip.digits))
    page = unit.url(f"/boleto/{intent['id']}" if kind == "boleto" else f"/voucher/{intent['id']}")
    details: Json = {"hosted_voucher_url": page}
    match kind:
        case "boleto":
            details |= {"expires_at": at, "number": digits, "pdf": f"{page}/pdf"}
        case "oxxo":
            details |= {"expires_after": at, "number": digits}
        case "multibanco":
            details |= {"expires_at": at, "entity": digits[:5], "reference": digits}
        case "konbini":
            code = {"confirmation_number": digits, "payment_code": digits[:6]}
            details |= {"expires_at": at, "stores": {store: dict(code) for store in STORES}}
    return {"type": slip.action, slip.action: details}


def is_waiting(intent: Json) -> bool:
    """Whether the intent shows a slip that can be paid."""
    kind = (intent["next_action"] or {}).get("type")
    return intent["status"] == "requires_action" and kind in ACTIONS
