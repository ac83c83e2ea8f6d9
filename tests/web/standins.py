"""Pages that the frame of every page links to, where they are not built yet."""

from flask import Flask, render_template_string

from portal.mirror import invoices
from portal.web.customer import current_visit
from portal.web.policies import Who, open_to

PAGES = {
    "customer.overview.show": ("/", Who.CUSTOMER),
    "customer.invoices.list_all": ("/invoices", Who.CUSTOMER),
    "customer.invoices.show": ("/invoices/<id>", Who.INVOICE),
    "customer.subscriptions.list_all": ("/subscriptions", Who.CUSTOMER),
    "customer.payment_methods.list_all": ("/payment-methods", Who.CUSTOMER),
    "customer.account.show": ("/account", Who.CUSTOMER),
    "customer.history.list_all": ("/history", Who.CUSTOMER),
}
PAGE = """
{%- extends "layouts/signed_in.html" -%}
{%- set title = _("Overview") -%}
{% block content %}<h1>{{ title }}</h1>{% endblock %}
"""


def fill_in(app: Flask) -> None:
    """Stand in for every page of the list that the application lacks."""
    for endpoint, (path, who) in PAGES.items():
        if endpoint not in app.view_functions:
            app.add_url_rule(f"/<slug:merchant>{path}", endpoint, open_to(who)(_page()))


def _page():
    def show(**values):
        if "id" in values:
            invoices.get(current_visit(), values["id"])
        return render_template_string(PAGE)

    return show
