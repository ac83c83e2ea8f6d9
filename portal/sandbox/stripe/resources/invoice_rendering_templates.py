"""Templates of invoices, which only the Dashboard makes: the account setting `invoice_templates`
names them (a list of nicknames), and the API lists, retrieves and archives them.
"""

from portal.sandbox.stripe.errors import Json, invalid, unsupported
from portal.sandbox.stripe.registry import route
from portal.sandbox.stripe.unit import Unit

URL = "/v1/invoice_rendering_templates"
KIND = "invoice_rendering_template"


@route("GET", URL)
def list_all(unit: Unit, params: Json) -> Json:
    """Newest first; filter `status`."""
    _make(unit)
    return unit.page(KIND, params, URL, {"status": params.get("status")})


@route("GET", URL + "/{template}")
def retrieve(unit: Unit, params: Json, template: str) -> Json:
    """One template in its only version."""
    _make(unit)
    found = unit.get(KIND, template, "template")
    if params.get("version", found["version"]) != found["version"]:
        raise unsupported("other versions of a template", "version")
    return found


@route("POST", URL + "/{template}/archive")
def archive(unit: Unit, params: Json, template: str) -> Json:
    """Takes an active template out of use."""
    _ = params
    return _turn(unit, template, "active", "archived")


@route("POST", URL + "/{template}/unarchive")
def unarchive(unit: Unit, params: Json, template: str) -> Json:
    """Takes an archived template into use again."""
    _ = params
    return _turn(unit, template, "archived", "active")


def _turn(unit: Unit, template: str, old: str, new: str) -> Json:
    _make(unit)
    found = unit.get(KIND, template, "template")
    if found["status"] != old:
        raise invalid(f"The template is already {found['status']}.", param="template")
    found["status"] = new
    return unit.save(found)


def _make(unit: Unit) -> None:
    """Store the templates that the setting names and that are not there yet."""
    known = {one["nickname"] for one in unit.select(KIND)}
    for nickname in unit.setting("invoice_templates", []):
        if nickname not in known:
            unit.put(
                {
                    "id": unit.id("inrtem"),
                    "object": KIND,
                    "created": unit.now,
                    "livemode": False,
                    "metadata": {},
                    "nickname": nickname,
                    "status": "active",
                    "version": 1,
                }
            )
