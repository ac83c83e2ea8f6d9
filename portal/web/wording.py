"""What people read for each reason and error: a sentence, and what they can do now."""

from portal.domain.decisions import Decision, Reason
from portal.domain.errors import PortalError
from portal.i18n import lazy_gettext, ngettext
from portal.services.declines import Wording

ASK_MERCHANT = lazy_gettext("Ask the company that bills you; it can do this for you.")
LOAD_AGAIN = lazy_gettext("Load the page again to see how things stand.")

REASONS: dict[Reason, Wording] = {
    # about a subscription
    Reason.SEVERAL_PRODUCTS: Wording(
        lazy_gettext("This subscription holds several products, so it cannot be changed here."),
        lazy_gettext("You can cancel it, or ask the company that bills you to change it."),
    ),
    Reason.USAGE_BASED: Wording(
        lazy_gettext("This subscription is billed by use, so it cannot be changed here."),
        lazy_gettext("You can cancel it, or ask the company that bills you to change it."),
    ),
    Reason.INVOICES_SENT: Wording(
        lazy_gettext(
            "This subscription is paid by invoices sent to you, so it cannot be changed here."
        ),
        lazy_gettext("You can cancel it, or ask the company that bills you to change it."),
    ),
    Reason.METHOD_UNSUPPORTED: Wording(
        lazy_gettext("This subscription is paid with a method that plan changes do not work with."),
        lazy_gettext("Add another payment method and make it the default, then try again."),
    ),
    Reason.CHANGE_SCHEDULED: Wording(
        lazy_gettext("A change of this subscription is planned already."),
        lazy_gettext(
            "Wait until it has taken effect, or ask the company that bills you to undo it."
        ),
    ),
    Reason.CHANGE_PLANNED_HERE: Wording(
        lazy_gettext("You planned a change of this subscription already."),
        lazy_gettext("Undo the planned change first; then you can change it otherwise."),
    ),
    Reason.SUBSCRIPTION_ENDED: Wording(
        lazy_gettext("This subscription has ended."),
        lazy_gettext("Nothing more will be charged for it. Its invoices stay here."),
    ),
    Reason.FIRST_PAYMENT_OPEN: Wording(
        lazy_gettext("The first payment of this subscription is still open."),
        lazy_gettext("Pay its first invoice; after that you can change it."),
    ),
    Reason.ALREADY_CANCELLING: Wording(
        lazy_gettext("This subscription is cancelled already and ends by itself."),
        lazy_gettext("You need do nothing. Until it ends you can take the cancellation back."),
    ),
    Reason.NOT_CANCELLING: Wording(
        lazy_gettext("This subscription is not cancelled, so there is nothing to take back."),
        lazy_gettext("It goes on as before."),
    ),
    Reason.NO_CHANGE_PLANNED: Wording(
        lazy_gettext("No change is planned, so there is nothing to undo."),
        lazy_gettext("It has begun already, or it was undone. You can change the plan again."),
    ),
    Reason.SUBSCRIPTION_PAUSED: Wording(
        lazy_gettext("This subscription is paused."),
        lazy_gettext("Ask the company that bills you to continue it; then you can change it."),
    ),
    Reason.PAUSED_HERE: Wording(
        lazy_gettext("You paused this subscription."),
        lazy_gettext("End the pause first; then you can go on here."),
    ),
    Reason.NOT_PAUSED: Wording(
        lazy_gettext("This subscription is not paused."),
        lazy_gettext("It goes on as before."),
    ),
    # about a pause
    Reason.IN_TRIAL: Wording(
        lazy_gettext("A trial cannot be paused."),
        lazy_gettext("It costs nothing until it ends. You can cancel it on any day."),
    ),
    Reason.PAYMENT_MISSING: Wording(
        lazy_gettext("Something of this subscription is not paid yet."),
        lazy_gettext("Pay its open invoice first; then you can pause it."),
    ),
    Reason.BILLED_CLASSICALLY: Wording(
        lazy_gettext("This subscription is billed in a way that knows no pause."),
        ASK_MERCHANT,
    ),
    # about a change
    Reason.TAX_BEHAVIOR_UNSPECIFIED: Wording(
        lazy_gettext("It is not settled whether tax is included in one of the two prices."),
        ASK_MERCHANT,
    ),
    Reason.TAX_BEHAVIOR_DIFFERS: Wording(
        lazy_gettext(
            "One price includes tax and the other does not, so one cannot follow the other."
        ),
        ASK_MERCHANT,
    ),
    Reason.PRICE_NOT_OFFERED: Wording(
        lazy_gettext("This price is not offered to you."),
        lazy_gettext("Choose one of those on the page, or ask the company that bills you."),
    ),
    Reason.PRICE_ARCHIVED: Wording(
        lazy_gettext("This price is no longer sold."),
        lazy_gettext("Choose another one."),
    ),
    Reason.CURRENCY_DIFFERS: Wording(
        lazy_gettext("This price is in another currency than your subscription."),
        lazy_gettext("Choose a price in your currency, or ask the company that bills you."),
    ),
    Reason.SAME_PRICE: Wording(
        lazy_gettext("That is what you have now."),
        lazy_gettext("Choose another price or quantity."),
    ),
    Reason.QUANTITY_FIXED: Wording(
        lazy_gettext("The quantity of this plan cannot be changed here."),
        ASK_MERCHANT,
    ),
    Reason.QUANTITY_OUT_OF_BOUNDS: Wording(
        lazy_gettext("This quantity is not offered."),
        lazy_gettext("Enter one within the bounds named beside the field."),
    ),
    Reason.AMOUNT_CHANGED: Wording(
        lazy_gettext("The sum changed while you were here, so nothing was done."),
        lazy_gettext("Look at the new sum, then decide again."),
    ),
    # about a configuration
    Reason.FEATURE_DISABLED: Wording(
        lazy_gettext("The company that bills you has not opened this here."),
        ASK_MERCHANT,
    ),
    Reason.TOO_MANY_PRODUCTS: Wording(
        lazy_gettext(
            "More products are on offer than can be shown, so plans cannot be changed here."
        ),
        ASK_MERCHANT,
    ),
    Reason.PRICES_CLASH: Wording(
        lazy_gettext("Two prices on offer cannot be told apart, so plans cannot be changed here."),
        ASK_MERCHANT,
    ),
    # about a payment
    Reason.NOTHING_DUE: Wording(
        lazy_gettext("Nothing is due on this invoice."),
        lazy_gettext("You need do nothing."),
    ),
    Reason.INVOICE_VOID: Wording(
        lazy_gettext("This invoice was cancelled."),
        lazy_gettext("You need not pay it."),
    ),
    Reason.INVOICE_NOT_PAYABLE: Wording(
        lazy_gettext("This document is not one to be paid."),
        lazy_gettext("You need do nothing."),
    ),
    Reason.AMOUNT_TOO_SMALL: Wording(
        lazy_gettext("The sum is too small to be charged by itself."),
        lazy_gettext("It will be added to a later invoice, or ask the company that bills you."),
    ),
    Reason.FOREIGN_CURRENCY: Wording(
        lazy_gettext("This invoice is in a currency that cannot be paid here."),
        lazy_gettext("Its PDF says how to pay it; or ask the company that bills you."),
    ),
    Reason.PAYMENT_UNDER_WAY: Wording(
        lazy_gettext("A payment of this invoice is under way."),
        lazy_gettext("You need do nothing. This page will say how it ends."),
    ),
    Reason.OUTCOME_UNKNOWN: Wording(
        lazy_gettext("We are checking whether your last payment went through."),
        lazy_gettext("Please do not pay again; this page will say how it ended."),
    ),
    Reason.SET_TOO_LARGE: Wording(
        lazy_gettext("At most 100 invoices can be paid with one press."),
        lazy_gettext("Choose fewer, and pay the others afterwards."),
    ),
    Reason.SEVERAL_CURRENCIES: Wording(
        lazy_gettext("These invoices are in several currencies."),
        lazy_gettext("Pay those of one currency first, then the others."),
    ),
    Reason.SUMS_DIFFER: Wording(
        lazy_gettext("It is not settled how much of this invoice is left to be paid."),
        ASK_MERCHANT,
    ),
    Reason.PART_NOT_ALLOWED: Wording(
        lazy_gettext("This invoice can only be paid as a whole."),
        lazy_gettext("Pay the whole sum, or ask the company that bills you."),
    ),
    Reason.NEEDS_SAVED_METHOD: Wording(
        lazy_gettext("One of these invoices can only be paid with a saved method."),
        lazy_gettext("Save a method first, or pay the invoices one by one."),
    ),
    Reason.DISPUTED: Wording(
        lazy_gettext("A bank is deciding about a payment of this invoice that was disputed."),
        lazy_gettext("Nothing is to be paid until it has decided."),
    ),
    # about a payment method
    Reason.LAST_METHOD: Wording(
        lazy_gettext("This is the last payment method, and a subscription needs it."),
        lazy_gettext("Add another one first, then remove this one."),
    ),
    Reason.METHOD_IN_USE: Wording(
        lazy_gettext("A subscription is paid with this method."),
        lazy_gettext("Make another method the one it is paid with, then remove this one."),
    ),
    Reason.METHOD_NOT_FOR_DEFAULT: Wording(
        lazy_gettext("This kind of payment method cannot be the default."),
        lazy_gettext("You can still choose it when you pay an invoice."),
    ),
    Reason.METHOD_IS_DEFAULT: Wording(
        lazy_gettext("This method is the default already, so it cannot stand in for it."),
        lazy_gettext("Choose another one as your backup."),
    ),
    Reason.METHOD_PAYING: Wording(
        lazy_gettext("A payment with this method is under way."),
        lazy_gettext("Wait until it has ended, then remove the method."),
    ),
    Reason.MANDATE_OVER: Wording(
        lazy_gettext("The mandate of this bank account has ended, so it cannot be debited."),
        lazy_gettext("Add the account again, which gives a new mandate, or use another method."),
    ),
    Reason.METHOD_NOT_FOR_CURRENCY: Wording(
        lazy_gettext("It does not take this currency."),
        lazy_gettext("Choose another payment method."),
    ),
    Reason.METHOD_NOT_FOR_AMOUNT: Wording(
        lazy_gettext("It does not take a sum of this size."),
        lazy_gettext("Choose another payment method."),
    ),
    Reason.METHOD_NOT_TAKEN: Wording(
        lazy_gettext("The company that bills you does not take this kind of payment method."),
        lazy_gettext("Choose another payment method."),
    ),
    Reason.NO_METHOD_OFFERED: Wording(
        lazy_gettext("No new payment method can be used for this here."),
        ASK_MERCHANT,
    ),
    # about a question
    Reason.TOO_MANY_QUESTIONS: Wording(
        lazy_gettext("Several of your questions wait for an answer already."),
        lazy_gettext("Wait for those answers, then ask again."),
    ),
    # about an offer
    Reason.NO_OFFER: Wording(
        lazy_gettext("This offer no longer stands."),
        lazy_gettext("You can keep your plan as it is, or cancel it."),
    ),
    Reason.OFFER_TAKEN: Wording(
        lazy_gettext("You have taken this offer already."),
        lazy_gettext("It shows in your next invoice."),
    ),
    # about access
    Reason.NOT_IN_SCOPE: Wording(
        lazy_gettext("Your link opens one invoice only."),
        lazy_gettext("To see everything, sign in with your e-mail address."),
    ),
}

# Reasons whose advice is to ask the merchant: beside them stands a way to write.
ASKING = frozenset(
    {
        Reason.SEVERAL_PRODUCTS,
        Reason.USAGE_BASED,
        Reason.INVOICES_SENT,
        Reason.CHANGE_SCHEDULED,
        Reason.SUBSCRIPTION_PAUSED,
        Reason.BILLED_CLASSICALLY,
        Reason.TAX_BEHAVIOR_UNSPECIFIED,
        Reason.TAX_BEHAVIOR_DIFFERS,
        Reason.PRICE_NOT_OFFERED,
        Reason.CURRENCY_DIFFERS,
        Reason.QUANTITY_FIXED,
        Reason.FEATURE_DISABLED,
        Reason.PART_NOT_ALLOWED,
        Reason.SUMS_DIFFER,
        Reason.TOO_MANY_PRODUCTS,
        Reason.PRICES_CLASH,
        Reason.AMOUNT_TOO_SMALL,
        Reason.FOREIGN_CURRENCY,
        Reason.NO_METHOD_OFFERED,
    }
)

# By `wording` of the errors; what is said of a status alone stands in templates/errors.
ERRORS: dict[str, Wording] = {
    "unexpected": Wording(
        lazy_gettext("We do not know yet whether your last step was done."),
        lazy_gettext(
            "Look at the page it belongs to before you repeat it. The fault has been noted."
        ),
    ),
    "not_found": Wording(
        lazy_gettext("There is no such page, or it is not for this sign-in."),
        lazy_gettext("Check the address, or start again from the first page."),
    ),
    "sign_in_needed": Wording(
        lazy_gettext(
            "You are not signed in, or were signed out after a while. Nothing was changed."
        ),
        lazy_gettext("Sign in, then open the page again."),
    ),
    "refused": Wording(lazy_gettext("This is not possible right now."), LOAD_AGAIN),
    "invalid_input": Wording(
        lazy_gettext("Something that was entered cannot be used. Nothing was changed."),
        lazy_gettext("Go back and check what you entered."),
    ),
    "too_many_tries": Wording(
        lazy_gettext("There were too many tries in a short time. Nothing was changed."),
        lazy_gettext("Wait a while, then try once more."),
    ),
    "link_spent": Wording(
        lazy_gettext("It was used, it is too old, or it was withdrawn. Nothing was changed."),
        lazy_gettext("Ask for a new one."),
    ),
    "form_expired": Wording(
        lazy_gettext("This page was open too long, or in another window. Nothing was changed."),
        lazy_gettext("Go back, load the page again and repeat the step."),
    ),
    "busy": Wording(
        lazy_gettext("Too much is going on here at this moment. Nothing was changed."),
        lazy_gettext("It usually passes within seconds. Try again then."),
    ),
    "payload_too_large": Wording(
        lazy_gettext("That was more than can be taken at once. Nothing was changed."),
        lazy_gettext("Send less."),
    ),
    "forged_event": Wording(
        lazy_gettext("The signature of this message is missing or wrong."),
        lazy_gettext("Nothing was taken from it."),
    ),
    "provider_failed": Wording(
        lazy_gettext("Our payment or invoicing service answered in a way we cannot use."),
        lazy_gettext("Look at the page your last step belongs to before you repeat it."),
    ),
    "provider_unavailable": Wording(
        lazy_gettext("Our payment or invoicing service does not answer right now."),
        lazy_gettext("What is shown here stays; please try again in a few minutes."),
    ),
    "budget_spent": Wording(
        lazy_gettext("The system that issues the invoices cannot be asked more often just now."),
        lazy_gettext("What is shown here stays; please come back later."),
    ),
    "provider_refused": Wording(
        lazy_gettext("Our payment or invoicing service did not accept this. Nothing was changed."),
        lazy_gettext("Check what you entered, or ask the company that bills you."),
    ),
    "provider_misconfigured": Wording(
        lazy_gettext("The company that bills you has something to put right before this works."),
        lazy_gettext("Please tell them, with the number below. Nothing was changed."),
    ),
}


def of_reason(reason: Reason) -> Wording:
    """Return what is said of a reason."""
    return REASONS[reason]


def why(decision: Decision) -> str:
    """Say why something is refused and what to do instead, in one line; empty if it is allowed."""
    return str(REASONS[decision.reason]) if decision.reason else ""


def asks_merchant(decision: Decision) -> bool:
    """Whether what is said of a refusal sends people to the merchant."""
    return decision.reason in ASKING


def of_error(error: PortalError) -> Wording:
    """Return what is said of an error; a refusal is told by its first reason."""
    decision = getattr(error, "decision", None)
    if isinstance(decision, Decision) and decision.reason:
        return REASONS[decision.reason]
    return ERRORS[error.wording]


def wait_for(seconds: int) -> str:
    """Say how long to wait before the next try."""
    minutes = -(-seconds // 60)
    if minutes <= 90:
        return ngettext("Try again in %(num)s minute.", "Try again in %(num)s minutes.", minutes)
    return ngettext("Try again in %(num)s hour.", "Try again in %(num)s hours.", -(-minutes // 60))
