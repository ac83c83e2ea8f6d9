"""Who is shown which lane, and its words: where a law fixes them, in its own language.

The buttons are those the laws name: "Verträge hier kündigen" and "jetzt kündigen" (§ 312k BGB),
"résilier votre contrat" (D.215-1 Code de la consommation), "withdraw from contract here" and
"confirm withdrawal" (Art. 11a of Directive 2011/83/EU), in Germany "Vertrag widerrufen" and
"Widerruf bestätigen" (§ 356a BGB).
"""

from dataclasses import dataclass

from portal.context import Visit
from portal.domain.declarations import Lane, concerns
from portal.domain.merchants import Merchant
from portal.i18n import lazy_gettext
from portal.mirror import customers


@dataclass(frozen=True, slots=True)
class Words:
    """What a lane says; `tag` is its language, empty where it speaks that of the page."""

    tag: str
    link: str
    title: str
    lead: str
    kind: str
    ordinary: str
    for_cause: str
    reason: str
    proofs: str
    name: str
    contract: str
    contract_hint: str
    ends_on: str
    ends_on_hint: str
    earliest: str
    email: str
    send: str
    recap: str
    confirm: str
    back: str
    received: str
    received_lead: str
    received_at: str
    save: str


WORDS: dict[Lane, Words] = {
    Lane.DE: Words(
        tag="de",
        link="Verträge hier kündigen",
        title="Vertrag kündigen",
        lead="Ihre Kündigung zählt ab dem Klick. Sie erhalten sofort eine Bestätigung per E-Mail.",
        kind="Art der Kündigung",
        ordinary="Ordentliche Kündigung",
        for_cause="Außerordentliche Kündigung",
        reason="Kündigungsgrund (nur bei außerordentlicher Kündigung)",
        proofs="",
        name="Ihr Name",
        contract="Vertrag",
        contract_hint="Zum Beispiel Tarif, Kunden- oder Rechnungsnummer",
        ends_on="Kündigen zum",
        ends_on_hint="Leer lassen für den frühestmöglichen Zeitpunkt",
        earliest="frühestmöglicher Zeitpunkt",
        email="E-Mail-Adresse für die Bestätigung",
        send="jetzt kündigen",
        recap="",
        confirm="",
        back="",
        received="Ihre Kündigung ist eingegangen",
        received_lead="Diese Bestätigung geht auch an Ihre E-Mail-Adresse.",
        received_at="Eingegangen am",
        save="Bestätigung speichern (PDF)",
    ),
    Lane.FR: Words(
        tag="fr",
        link="Résilier votre contrat",
        title="Résilier votre contrat",
        lead="Vous vérifiez ces informations à l’étape suivante, puis notifiez la résiliation.",
        kind="Type de résiliation",
        ordinary="Résiliation à l’échéance",
        for_cause="Résiliation pour motif légitime",
        reason="Motif (uniquement pour une résiliation anticipée)",
        proofs="Envoyez vos justificatifs à",
        name="Vos nom et prénom",
        contract="Contrat",
        contract_hint="Par exemple l’offre, le numéro de client ou de facture",
        ends_on="Date de résiliation souhaitée",
        ends_on_hint="Laissez vide pour la date la plus proche possible",
        earliest="dès que possible",
        email="Adresse e-mail pour la confirmation",
        send="Vérifier la résiliation",
        recap="Récapitulatif de votre résiliation",
        confirm="Notifier la résiliation",
        back="Modifier",
        received="Votre résiliation est reçue",
        received_lead="Cette confirmation vous est aussi envoyée par e-mail.",
        received_at="Reçue le",
        save="Enregistrer la confirmation (PDF)",
    ),
    Lane.EU: Words(
        tag="",
        link=lazy_gettext("Withdraw from contract here"),
        title=lazy_gettext("Withdraw from a contract"),
        lead=lazy_gettext("You check what you entered on the next page, then confirm it."),
        kind="",
        ordinary=lazy_gettext("Withdrawal"),
        for_cause="",
        reason="",
        proofs="",
        name=lazy_gettext("Your name"),
        contract=lazy_gettext("Contract"),
        contract_hint=lazy_gettext("The plan, or the number of an order or invoice"),
        ends_on="",
        ends_on_hint="",
        earliest="",
        email=lazy_gettext("E-mail address for the receipt"),
        send=lazy_gettext("Go on to confirm"),
        recap=lazy_gettext("Confirm your withdrawal"),
        confirm=lazy_gettext("Confirm withdrawal"),
        back=lazy_gettext("Change something"),
        received=lazy_gettext("Your withdrawal is received"),
        received_lead=lazy_gettext("This receipt is mailed to you as well."),
        received_at=lazy_gettext("Received on"),
        save=lazy_gettext("Save the receipt (PDF)"),
    ),
    Lane.EUDE: Words(
        tag="de",
        link="Vertrag widerrufen",
        title="Vertrag widerrufen",
        lead="Auf der nächsten Seite prüfen Sie Ihre Angaben und bestätigen den Widerruf.",
        kind="",
        ordinary="Widerruf",
        for_cause="",
        reason="",
        proofs="",
        name="Ihr Name",
        contract="Vertrag",
        contract_hint="Zum Beispiel Tarif, Bestell- oder Rechnungsnummer",
        ends_on="",
        ends_on_hint="",
        earliest="",
        email="E-Mail-Adresse für die Eingangsbestätigung",
        send="Weiter zur Bestätigung",
        recap="Widerruf bestätigen",
        confirm="Widerruf bestätigen",
        back="Angaben ändern",
        received="Ihr Widerruf ist eingegangen",
        received_lead="Diese Bestätigung geht auch an Ihre E-Mail-Adresse.",
        received_at="Eingegangen am",
        save="Bestätigung speichern (PDF)",
    ),
}


def list_for(merchant: Merchant, visit: Visit | None) -> list[Lane]:
    """Return the lanes a page shows: all that the merchant has, or those of a known consumer.

    Who has a tax number at Stripe is a business, as with notices. Nobody is locked out by what is
    not shown: each lane stays open at its address and from the page to sign in.
    """
    lanes = [Lane(name) for name in merchant.rules.lanes]
    if not lanes or visit is None or not visit.sees_everything:
        return lanes
    stripe, holded = customers.profiles(visit.db, visit)
    known = [profile for profile in (stripe, holded) if profile is not None]
    country = next((one.address.country for one in known if one.address.country), "")
    is_business = stripe is not None and bool(stripe.tax_ids)
    return [lane for lane in lanes if concerns(lane, country, is_business=is_business)]
