"""The saved payment methods: the list, adding one, preferring one, removing one."""

from collections.abc import Sequence
from dataclasses import dataclass

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response

from portal.context import Visit
from portal.domain.customers import Origin
from portal.domain.decisions import Reason
from portal.domain.errors import GatewayUnavailable
from portal.domain.method_types import to_save
from portal.domain.payment_methods import (
    PaymentMethod,
    may_be_backup,
    may_be_default,
    may_remove,
    subscriptions_using,
)
from portal.domain.subscriptions import Subscription
from portal.i18n import gettext as _
from portal.mirror import catalogue, invoices, overview
from portal.mirror import method_types as kinds_of_account
from portal.mirror import payment_methods as mirror
from portal.mirror.payment_methods import Wallet
from portal.services import backups, declines, mandates, payment_methods, subscriptions
from portal.services.subscriptions import Shown, line_of
from portal.store import backups as store
from portal.web import method_types, wording
from portal.web.attempts import attempt
from portal.web.customer import current_visit
from portal.web.customer.invoices import SOURCES
from portal.web.customer.payments import consent_to_save
from portal.web.filters import isolate
from portal.web.policies import Who, open_to

pages = Blueprint("payment_methods", __name__)


@dataclass(frozen=True, slots=True)
class Listed:
    """A method with what the page says of it: `pays` names the plans that are charged to it."""

    method: PaymentMethod
    is_default: bool
    is_expired: bool
    is_expiring: bool
    may_be_default: bool
    pays: str
    is_backup: bool = False
    may_be_backup: bool = False

    @property
    def failed(self) -> str:
        """Return why its last debit came back, empty where it did not."""
        failure = self.method.failure
        return str(declines.of_decline(failure.code).happened) if failure else ""

    @property
    def has_mandate(self) -> bool:
        """Whether there is a mandate to be read."""
        return self.method.mandate is not None and self.method.mandate.type in mandates.SCHEMES

    @property
    def note(self) -> str:
        """Return what it is good for."""
        if self.pays:
            return _("pays %(plans)s", plans=isolate(self.pays))
        return "" if self.method.can_charge_later else _("cannot be charged for renewals")

    @property
    def is_running_out(self) -> bool:
        """Whether something has to be done before the next charge."""
        return bool(self.pays) and (self.is_expired or self.is_expiring)


@pages.get("/payment-methods")
@open_to(Who.CUSTOMER)
def list_all() -> str:
    """Show every saved method, whatever its kind (L7), the default first."""
    visit = current_visit()
    holdings = overview.holdings(overview.look(visit))
    held = [one.subscription for one in holdings.subscriptions]
    wallet, names = holdings.wallet, _names(visit, held)
    backup = holdings.backup if visit.merchant.rules.backup_method else ""
    listed = [_listed(visit, method, wallet, held, names, backup) for method in wallet.methods]
    terms = kinds_of_account.terms(visit.db, visit.merchant)
    kinds = to_save(visit.merchant.currency, terms)
    decision = payment_methods.may_add(visit, kinds)
    return render_template(
        "customer/payment_methods/list.html",
        listed=sorted(listed, key=lambda row: not row.is_default),
        is_at_stripe=bool(visit.customer.stripe_customer),
        may_add=decision.is_allowed,
        why_not=wording.why(decision),
        consent=consent_to_save(visit),
        offer=method_types.tell(kinds, terms),
        renews=any(one.is_charged for one in held),
        over=str(wording.of_reason(Reason.MANDATE_OVER)),
        backup_consent=consent_to_backup(visit) if any(row.may_be_backup for row in listed) else "",
        failing={who: at for who, at in holdings.failing.items() if who is Origin.STRIPE},
        sources=SOURCES,
    )


@pages.get("/payment-methods/<id>/mandate")
@open_to(Who.CUSTOMER)
def mandate(id: str) -> str:
    """Show the mandate of a bank account in full, to be read, printed and kept."""
    visit = current_visit()
    method, given = mandates.get(visit, id)
    return render_template(
        "customer/payment_methods/mandate.html",
        method=method,
        mandate=given,
        told=mandates.words(given, visit.merchant),
        over=str(wording.of_reason(Reason.MANDATE_OVER)),
        is_mailed=mandates.is_mailed(visit, given),
    )


@pages.post("/payment-methods")
@open_to(Who.CUSTOMER)
def add() -> Response:
    """Go to Stripe's page that saves a method."""
    visit = current_visit()

    def leave() -> Response:
        try:
            row = payment_methods.add(visit, consent=consent_to_save(visit))
        except GatewayUnavailable:
            # Whether or not Stripe made the page: nobody has been there.
            flash(
                _("Stripe’s page could not be opened. Nothing was saved; try again later."), "bad"
            )
            return redirect(url_for(".list_all"), 303)
        return redirect(url_for("customer.payments.leave", operation=row.id), 303)

    return attempt(leave, back=url_for(".list_all"))


@pages.post("/payment-methods/<id>/default")
@open_to(Who.CUSTOMER)
def make_default(id: str) -> Response:
    """Have invoices charged to a method from now on."""

    def prefer() -> Response:
        payment_methods.make_default(current_visit(), id)
        flash(_("This is the method your invoices are charged to now."), "ok")
        return redirect(url_for(".list_all"), 303)

    return attempt(prefer, back=url_for(".list_all"))


@pages.post("/payment-methods/<id>/backup")
@open_to(Who.CUSTOMER)
def make_backup(id: str) -> Response:
    """Name a method to be charged when the default is refused."""

    def name() -> Response:
        visit = current_visit()
        backups.choose(visit, id, consent=consent_to_backup(visit))
        flash(_("This is your backup now. It is charged when your default is refused."), "ok")
        return redirect(url_for(".list_all"), 303)

    return attempt(name, back=url_for(".list_all"))


@pages.post("/payment-methods/<id>/backup/drop")
@open_to(Who.CUSTOMER)
def drop_backup(id: str) -> Response:
    """Have no backup any more."""

    def drop() -> Response:
        backups.drop(current_visit(), id)
        flash(_("You have no backup any more."), "ok")
        return redirect(url_for(".list_all"), 303)

    return attempt(drop, back=url_for(".list_all"))


def consent_to_backup(visit: Visit) -> str:
    """Return the sentence agreed to by naming a backup."""
    return _(
        "By naming a backup you let %(merchant)s charge it for renewals and invoices that are "
        "charged by themselves, when your bank refuses the first method.",
        merchant=isolate(visit.merchant.name),
    )


@pages.get("/payment-methods/<id>/remove")
@open_to(Who.CUSTOMER)
def ask_to_remove(id: str) -> str:
    """Ask before a method is removed, or say why it has to stay and what to do instead."""
    visit = current_visit()
    method, wallet = mirror.get(visit, id), mirror.wallet(visit)
    plans = subscriptions.list_shown(visit)
    held = tuple(plan.subscription for plan in plans)
    is_paying = id in invoices.methods_paying(visit)
    decision = may_remove(
        method, wallet.methods, held, visit.today, wallet.default, is_paying=is_paying
    )
    return render_template(
        "customer/payment_methods/remove.html",
        row=_listed(visit, method, wallet, held, {}),
        may_remove=decision.is_allowed,
        why_not=wording.why(decision),
        needed_by=_needing(method, wallet, plans),
        is_paying=is_paying,
        is_backup=store.find(visit.db, visit.customer.id) == id,
        is_last=decision.reason is Reason.LAST_METHOD,
        is_unanswered="remove_method" in subscriptions.list_unanswered(visit, id),
    )


@pages.post("/payment-methods/<id>/remove")
@open_to(Who.CUSTOMER)
def remove(id: str) -> Response:
    """Remove a method, unless it is needed."""

    def take_away() -> Response:
        payment_methods.remove(current_visit(), id)
        flash(_("The payment method was removed. Nothing more is charged to it."), "ok")
        return redirect(url_for(".list_all"), 303)

    return attempt(take_away, back=url_for(".ask_to_remove", id=id))


def _listed(
    visit: Visit,
    method: PaymentMethod,
    wallet: Wallet,
    held: Sequence[Subscription],
    names: dict[str, str],
    backup: str = "",
) -> Listed:
    charged = tuple(one for one in held if one.is_charged)
    using = subscriptions_using(method, charged, wallet.default)
    is_expired = method.is_expired(visit.today)
    return Listed(
        method=method,
        is_default=method.id == wallet.default,
        is_expired=is_expired,
        is_expiring=method.is_expiring(visit.today),
        may_be_default=may_be_default(method, visit.today).is_allowed,
        is_backup=method.id == backup,
        may_be_backup=may_be_backup(
            method, wallet.default, visit.merchant.rules, visit.today
        ).is_allowed,
        pays=", ".join(dict.fromkeys(names.get(one.id, "") for one in using)),
    )


def _needing(method: PaymentMethod, wallet: Wallet, plans: Sequence[Shown]) -> list[Shown]:
    """Return the plans a method is kept for: those charged to it, else every one that renews."""
    charged = tuple(plan.subscription for plan in plans if plan.subscription.is_charged)
    using = subscriptions_using(method, charged, wallet.default) or charged
    ids = {one.id for one in using}
    return [plan for plan in plans if plan.id in ids]


def _names(visit: Visit, held: Sequence[Subscription]) -> dict[str, str]:
    """Return what each subscription is called, in one statement."""
    wanted = [item.price.product for one in held for item in one.items]
    products = catalogue.list_products(visit.db, visit.merchant, wanted)
    return {
        one.id: ", ".join(
            line_of(item.price, item.quantity, products, one.currency).name for item in one.items
        )
        for one in held
    }
