"""Mandates: the payer's leave to debit, given once with a payment or kept with a set-up."""

from portal.sandbox.stripe.errors import Json
from portal.sandbox.stripe.instruments import BankAccount
from portal.sandbox.stripe.registry import due, route
from portal.sandbox.stripe.resources.payment_methods import instrument
from portal.sandbox.stripe.unit import Unit


@route("GET", "/v1/mandates/{mandate}")
def retrieve(unit: Unit, params: Json, mandate: str) -> Json:
    """One mandate."""
    _ = params
    return unit.get("mandate", mandate, "mandate")


def sign(
    unit: Unit,
    method: Json,
    data: Json | None,
    *,
    single: Json | None = None,
    options: Json | None = None,
) -> Json:
    """A new mandate for a method; `data` is `mandate_data`, `single` holds amount and currency of
    the one payment it is for, `options` the `mandate_options` of the type. A lasting one is
    remembered by the method.
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
        "payment_method_details": {"type": method["type"]},
        "status": "active",
        "type": "single_use" if single else "multi_use",
        **({"single_use": single} if single else {"multi_use": {}}),
    }
    mandate["payment_method_details"][method["type"]] = _details(
        unit, mandate["id"], method["type"], options or {}
    )
    unit.put(mandate)
    if not single:
        method["_mandate"] = mandate["id"]
        unit.put(method)
    behind = instrument(method)
    if isinstance(behind, BankAccount) and behind.outcome.refused:
        unit.schedule(unit.account_now, "mandate.refuse", mandate["id"])
    return mandate


def _details(unit: Unit, mandate_id: str, kind: str, options: Json) -> Json:
    url = unit.url(f"/mandates/{mandate_id}")
    match kind:
        case "sepa_debit":
            reference = unit.id("").strip("_").upper()
            prefix = options.get("reference_prefix") or ""
            return {"reference": f"{prefix}{reference}", "url": url}
        case "bacs_debit":
            return {
                "display_name": None,
                "network_status": "accepted",
                "reference": unit.id("").strip("_").upper()[:10],
                "revocation_reason": None,
                "service_user_number": None,
                "url": url,
            }
        case "au_becs_debit":
            return {"url": url}
        case "acss_debit":
            return {
                "interval_description": options.get("interval_description"),
                "payment_schedule": options.get("payment_schedule", "sporadic"),
                "transaction_type": options.get("transaction_type", "personal"),
            }
        case "paypal":
            return {"billing_agreement_id": None, "payer_id": None}
    return {}


def revoke(unit: Unit, mandate_id: str | None, reason: str | None = None) -> Json | None:
    """Makes a mandate inactive: the bank or the payer took it back. `reason` as Bacs words it."""
    mandate = unit.find("mandate", mandate_id or "")
    if mandate is None or mandate["status"] == "inactive":
        return mandate
    mandate["status"] = "inactive"
    details = mandate["payment_method_details"].get("bacs_debit")
    if details:
        details["network_status"] = "revoked" if reason else "refused"
        details["revocation_reason"] = reason
    return unit.save(mandate, "mandate.updated")


@due("mandate.refuse", account_time=True)
def refuse(unit: Unit, mandate_id: str) -> None:
    """The bank refuses a mandate that it was shown."""
    revoke(unit, mandate_id)
