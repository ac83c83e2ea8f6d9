"""Disputes: read, answered with evidence, given up. What opens and ends them is `disputes.py`."""

from portal.sandbox.stripe import disputes
from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.registry import due, listens, route
from portal.sandbox.stripe.unit import Unit, merged

URL = "/v1/disputes"


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filters `charge`, `payment_intent`, `created`."""
    where = {name: params.get(name) for name in ("charge", "payment_intent", "created")}
    return unit.page("dispute", params, URL, where)


@route("GET", URL + "/{dispute}")
def retrieve(unit: Unit, params: Json, dispute: str) -> Json:
    """One dispute."""
    _ = params
    return unit.get("dispute", dispute, "dispute")


@route("POST", URL + "/{dispute}")
def update(unit: Unit, params: Json, dispute: str) -> Json:
    """Adds evidence and metadata; the evidence is handed in unless `submit` is false. That it is
    meant to be handed in by Smart Disputes is refused, since those are not modelled.
    """
    found = unit.get("dispute", dispute, "dispute")
    if "metadata" in params:
        found["metadata"] = merged(found["metadata"], params["metadata"])
    if "intended_submission_method" in params:
        intended = params["intended_submission_method"]
        if "smart" in intended:
            raise unsupported("Smart Disputes", "intended_submission_method")
        found["intended_submission_method"] = intended
    given = params.get("evidence")
    if given is not None or params.get("submit"):
        _check_open(found, "update the evidence of")
        _add_evidence(found, given or {})
        if params.get("submit", True):
            disputes.submit(unit, found)
    return unit.save(found, "charge.dispute.updated")


def _add_evidence(dispute: Json, given: Json) -> None:
    for name in ("enhanced_evidence", "appeal", *disputes.FILES):
        if given.get(name):
            raise unsupported(f"evidence[{name}]", f"evidence[{name}]")
    evidence = dispute["evidence"]
    for name in disputes.TEXTS:
        if name in given:
            evidence[name] = given[name] or None
    total = sum(len(evidence[name] or "") for name in disputes.TEXTS)
    if total > 150_000:
        message = "The evidence can have at most 150,000 characters in all."
        raise invalid(message, param="evidence")
    has = any(evidence[name] for name in disputes.TEXTS)
    dispute["evidence_details"]["has_evidence"] = has


@route("POST", URL + "/{dispute}/close")
def close(unit: Unit, params: Json, dispute: str) -> Json:
    """Gives a dispute up: it is lost."""
    _ = params
    found = unit.get("dispute", dispute, "dispute")
    _check_open(found, "close")
    warning = found["status"].startswith("warning")
    return disputes.close(unit, found, "warning_closed" if warning else "lost")


def _check_open(dispute: Json, verb: str) -> None:
    if dispute["status"] not in disputes.OPEN:
        message = f"You cannot {verb} this dispute because it has a status of {dispute['status']}."
        raise invalid(message, param="dispute")


WARNINGS = "/v1/radar/early_fraud_warnings"


@route("GET", WARNINGS)
def list_warnings(unit: Unit, params: Json) -> Json:
    """Early fraud warnings, newest first; filters `charge`, `payment_intent`, `created`."""
    where = {name: params.get(name) for name in ("charge", "payment_intent", "created")}
    return unit.page("radar.early_fraud_warning", params, WARNINGS, where)


@route("GET", WARNINGS + "/{early_fraud_warning}")
def retrieve_warning(unit: Unit, params: Json, early_fraud_warning: str) -> Json:
    """One early fraud warning."""
    _ = params
    kind = "radar.early_fraud_warning"
    return unit.get(kind, early_fraud_warning, "early_fraud_warning")


@due("early_fraud_warning.open", account_time=True)
def warn(unit: Unit, charge_id: str) -> None:
    """The bank thinks that a charge may be fraud; it can be refunded before it is disputed."""
    charge = unit.get("charge", charge_id)
    unit.add(
        {
            "id": unit.id("issfr"),
            "object": "radar.early_fraud_warning",
            "actionable": not charge["refunded"],
            "charge": charge_id,
            "created": unit.account_now,
            "fraud_type": "unauthorized_use_of_card",
            "livemode": False,
            "payment_intent": charge["payment_intent"],
        },
        "radar.early_fraud_warning.created",
    )


@listens("charge.refunded")
def end_warning(unit: Unit, charge: Json) -> None:
    """A warning about a charge that was refunded asks for nothing more."""
    if not charge["refunded"]:
        return
    for warning in unit.select("radar.early_fraud_warning", charge=charge["id"]):
        warning["actionable"] = False
        unit.save(warning, "radar.early_fraud_warning.updated")
