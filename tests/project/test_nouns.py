"""One noun names the file in every layer: who knows the word of a thing finds all of it."""

from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
# Where a layer keeps the file of a noun.
LAYERS = {
    "domain": "portal/domain/{}.py",
    "store": "portal/store/{}.py",
    "mirror": "portal/mirror/{}.py",
    "services": "portal/services/{}.py",
    "web": "portal/web/{}.py",
    "pages": "portal/web/customer/{}.py",
    "templates": "templates/customer/{}",
    "cli": "portal/cli/{}.py",
}


@dataclass(frozen=True)
class Noun:
    """A word of the product: the module that says what it is, and its file in each layer."""

    name: str
    home: str
    word: str
    layers: str


NOUNS = [
    Noun("Merchant", "portal.domain.merchants", "merchants", "domain store services"),
    Noun("Rules", "portal.domain.rules", "rules", "domain cli"),
    Noun("Budget", "portal.domain.budget", "budget", "domain store services cli"),
    Noun("Difference", "portal.domain.reconciliation", "reconciliation", "domain store services"),
    Noun("Difference", "portal.domain.reconciliation", "reconcile", "cli"),
    Noun("Customer", "portal.context", "customers", "domain store mirror services"),
    Noun("Profile", "portal.domain.customers", "account", "pages templates"),
    Noun("PortalSession", "portal.services.sessions", "sessions", "store services web"),
    Noun("PortalSession", "portal.services.sessions", "session", "cli"),
    Noun("Scope", "portal.domain.access", "access", "domain store services"),
    Noun("LinkRow", "portal.store.links", "links", "store services web"),
    Noun("LinkRow", "portal.store.links", "link", "cli"),
    Noun("PortalConfiguration", "portal.domain.configurations", "configurations", "domain mirror"),
    Noun(
        "Subscription",
        "portal.domain.subscriptions",
        "subscriptions",
        "domain mirror services pages templates",
    ),
    Noun("Change", "portal.gateways.payments", "changes", "services pages"),
    Noun("Price", "portal.domain.catalogue", "catalogue", "domain mirror"),
    Noun("Product", "portal.domain.catalogue", "catalogue", "domain mirror"),
    Noun(
        "PaymentMethod",
        "portal.domain.payment_methods",
        "payment_methods",
        "domain mirror services pages templates",
    ),
    Noun("Mandate", "portal.domain.mandates", "mandates", "domain mirror services"),
    Noun("BackupRow", "portal.store.backups", "backups", "store services"),
    Noun("NoticeRow", "portal.store.notices", "notices", "domain store services"),
    Noun(
        "PaymentMethodType", "portal.domain.method_types", "method_types", "domain mirror services"
    ),
    Noun("Terms", "portal.domain.method_offers", "method_offers", "domain"),
    Noun("Invoice", "portal.domain.invoices", "invoices", "domain mirror pages templates"),
    Noun("Sale", "portal.domain.sales", "sales", "domain mirror"),
    Noun("Balance", "portal.mirror.balances", "balances", "mirror"),
    Noun(
        "PurchaseOrderRow",
        "portal.store.purchase_orders",
        "purchase_orders",
        "domain store services pages",
    ),
    Noun("Dispute", "portal.domain.disputes", "disputes", "domain mirror"),
    Noun(
        "PaymentRow", "portal.store.payments", "payments", "domain store services pages templates"
    ),
    Noun("PressRow", "portal.store.presses", "presses", "domain store services pages templates"),
    Noun(
        "Statement",
        "portal.domain.statements",
        "statements",
        "domain mirror services pages templates",
    ),
    Noun("PackRow", "portal.store.packs", "packs", "store services pages templates"),
    Noun("Intent", "portal.domain.payments", "intents", "mirror services"),
    Noun(
        "CollectionRow",
        "portal.store.collections",
        "collections",
        "domain store services cli",
    ),
    Noun(
        "Recurrence",
        "portal.domain.recurrences",
        "recurrences",
        "domain mirror services pages templates",
    ),
    Noun("Refund", "portal.domain.refunds", "refunds", "domain mirror"),
    Noun("Bill", "portal.domain.bills", "bills", "domain"),
    Noun("Draft", "portal.domain.drafts", "drafts", "domain"),
    Noun("CounterpartRow", "portal.store.counterparts", "counterparts", "domain store services"),
    Noun("SettlementRow", "portal.store.settlements", "settlements", "store services"),
    Noun("PollRow", "portal.mirror.polls", "polls", "domain mirror services"),
    Noun("RetentionOffer", "portal.domain.offers", "offers", "domain store services cli"),
    Noun(
        "Enquiry",
        "portal.domain.enquiries",
        "enquiries",
        "domain store services cli pages templates",
    ),
    Noun("Pause", "portal.services.pauses", "pauses", "domain services pages templates"),
    Noun(
        "Declaration",
        "portal.domain.declarations",
        "declarations",
        "domain store services cli pages templates",
    ),
    Noun("Lift", "portal.domain.lifts", "lifts", "domain services"),
    Noun(
        "CancellationOutcome",
        "portal.domain.cancellations",
        "cancellations",
        "domain store services pages templates",
    ),
    Noun("Reason", "portal.domain.decisions", "decisions", "domain"),
    Noun("Decision", "portal.domain.decisions", "decisions", "domain"),
    Noun("Standing", "portal.domain.limits", "limits", "domain"),
    Noun("ProviderEvent", "portal.domain.events", "events", "domain"),
    Noun("WebhookEventRow", "portal.store.inbox", "inbox", "store services"),
    Noun("JobRow", "portal.store.outbox", "outbox", "store"),
    Noun("Worker", "portal.services.jobs", "jobs", "services"),
    Noun("OperationRow", "portal.store.operations", "operations", "store services"),
    Noun("ActionRow", "portal.store.actions", "actions", "store services"),
]
FILES = [(noun, layer) for noun in NOUNS for layer in noun.layers.split()]


@pytest.mark.parametrize("noun", NOUNS, ids=lambda noun: f"{noun.name}-{noun.word}")
def test_a_noun_is_defined_where_its_word_says(noun: Noun) -> None:
    defined = getattr(import_module(noun.home), noun.name)

    assert defined.__module__ == noun.home


@pytest.mark.parametrize(("noun", "layer"), FILES, ids=lambda part: getattr(part, "word", part))
def test_a_noun_names_its_file_in_each_layer(noun: Noun, layer: str) -> None:
    assert (ROOT / LAYERS[layer].format(noun.word)).exists()


@pytest.mark.parametrize("layer", ["domain", "store", "mirror"])
def test_a_file_that_stands_for_rows_or_rules_is_shared_or_has_a_noun(layer: str) -> None:
    """No file comes to these layers without a noun that the table above knows."""
    alone = {
        "domain": {"brand", "errors", "markets", "money", "resolver", "tax_ids"},
        "store": {"consents", "secrets", "tries"},
        "mirror": {"overview", "refresh", "rows", "sources"},
    }[layer]
    words = {noun.word for noun in NOUNS if layer in noun.layers.split()}

    files = {path.stem for path in (ROOT / "portal" / layer).glob("[!_]*.py")}

    assert files == words | alone
