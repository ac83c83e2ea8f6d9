"""Mandates: the payer's leave to debit, given once with a payment or kept with a set-up."""

from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.unit import Unit


@route("GET", "/v1/mandates/{mandate}")
def retrieve(unit: Unit, params: Json, mandate: str) -> Json:
    """One mandate."""
    _ = params
    return unit.get("mandate", mandate)


def sign(unit: Unit, method: Json, data: Json | None, *, single: Json | None = None) -> Json:
    """A new mandate for a method; `data` is `mandate_data`, `single` holds amount and currency of
    the one payment it is for. A lasting one is remembered by the method.
    """
    acceptance = (data or {}).get("customer_acceptance", {"type": "online"})
    online = acceptance.get("online", {})
    mandate = {
        "id": unit.id("mandate"),
        "object": "mandate",
        "customer_acceptance": {
            "accepted_at": acceptance.get("accepted_at", unit.account_now),
            "type": acceptance["type"],
            acceptance["type"]: {
                "ip_address": online.get("ip_address"),
                "user_agent": online.get("user_agent"),
            }
            if acceptance["type"] == "online"
            else {},
        },
        "livemode": False,
        "payment_method": method["id"],
        "payment_method_details": {"type": method["type"], method["type"]: {}},
        "status": "active",
        "type": "single_use" if single else "multi_use",
        **({"single_use": single} if single else {"multi_use": {}}),
    }
    if method["type"] == "sepa_debit":
        reference = unit.id("").strip("_").upper()
        mandate["payment_method_details"]["sepa_debit"] = {
            "reference": reference,
            "url": unit.url(f"/mandates/{mandate['id']}"),
        }
    unit.put(mandate)
    if not single:
        method["_mandate"] = mandate["id"]
        unit.put(method)
    return mandate
