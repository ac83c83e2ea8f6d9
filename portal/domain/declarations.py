"""Declarations that the law lets consumers make without signing in: ending and withdrawing.

Sources: § 312k and § 356a BGB; L.215-1-1 and D.215-1 to -3 Code de la consommation; Art. 11a of
Directive 2011/83/EU, as put in by Directive (EU) 2023/2673.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from portal.domain.markets import EUROPEAN_UNION
from portal.domain.subscriptions import Subscription

# Characters of a name, of what the contract is called, and of a reason.
LONGEST_NAME, LONGEST_CONTRACT, LONGEST_REASON = 200, 200, 2_000
# Letters of a word that tells who somebody is, how many such a name has, and what may be added.
REAL_WORD, REAL_WORDS, MORE_WORDS = 3, 2, 3


class Lane(StrEnum):
    """DE: ending, in Germany. FR: ending, in France. EU: withdrawing, in the European Union.

    EUDE: withdrawing in Germany, whose law names the buttons in German.
    """

    DE = "de"
    FR = "fr"
    EU = "eu"
    EUDE = "eude"

    @property
    def has_recap(self) -> bool:
        """Whether the law has a page between the form and the last control: Germany forbids it."""
        return self is not Lane.DE

    @property
    def ends(self) -> bool:
        """Whether it ends a contract, and does not undo one."""
        return self not in {Lane.EU, Lane.EUDE}


# Whose consumers each lane is for.
COUNTRIES: dict[Lane, frozenset[str]] = {
    Lane.DE: frozenset({"DE"}),
    Lane.FR: frozenset({"FR"}),
    Lane.EU: EUROPEAN_UNION,
    Lane.EUDE: frozenset({"DE"}),
}


class DeclarationState(StrEnum):
    """RECEIVED: nobody has looked yet. OPEN: a person has to act. DONE: it is acted on."""

    RECEIVED = "received"
    OPEN = "open"
    DONE = "done"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What somebody declared; `ends_on` is None for the earliest day there is.

    `received_at` is when it counts from. `subscription` is what it was found to be about.
    """

    id: int
    token: str
    lane: Lane
    name: str
    email: str
    contract: str
    is_for_cause: bool
    reason: str
    ends_on: date | None
    received_at: datetime
    state: DeclarationState
    subscription: str = ""


def concerns(lane: Lane, country: str, *, is_business: bool) -> bool:
    """Say whether a lane is for somebody: a consumer of its country, or of one nobody knows."""
    return not is_business and (not country or country in COUNTRIES[lane])


def is_named(typed: str, known: str) -> bool:
    """Say whether two names are one person's or company's, in any order of their words.

    One may have some words more, as a company's form, if the other has two real ones: neither the
    form alone nor a list of all names there are is anybody's name.
    """
    fewer, more = sorted((_words(typed), _words(known)), key=len)
    if fewer == more:
        return bool(fewer)
    is_telling = sum(len(word) >= REAL_WORD for word in fewer) >= REAL_WORDS
    return is_telling and fewer <= more and len(more) - len(fewer) <= MORE_WORDS


def is_of(declaration: Declaration, name: str, ids: Iterable[str]) -> bool:
    """Say whether a declaration is of a customer: by their name, or by an id of theirs it holds.

    `ids` are those of the customer and of what runs for them: a private name and that of a company
    differ, and who knows such an id besides the address knows more than a name would show.
    """
    return is_named(declaration.name, name) or any(holds(declaration, id) for id in ids)


def holds(declaration: Declaration, id: str) -> bool:
    """Say whether a declaration names an id of a provider's, as a word of its own."""
    words = "".join(
        letter if letter.isalnum() or letter == "_" else " " for letter in declaration.contract
    )
    return bool(id) and id.casefold() in words.casefold().split()


def meant(declaration: Declaration, running: Iterable[Subscription]) -> Subscription | None:
    """Return the subscription a declaration is surely about, None where a person has to look.

    Of several, the contract must be named by its id. What is for cause, undoes a contract or names
    a later day than the end of the period is for a person.
    """
    able = [one for one in running if not one.is_cancelling]
    named = [one for one in able if holds(declaration, one.id)]
    found = named or able
    if len(found) != 1 or declaration.is_for_cause or not declaration.lane.ends:
        return None
    [one] = found
    end = one.period_end
    is_later = declaration.ends_on is not None and (end is None or declaration.ends_on > end.date())
    return None if is_later else one


def _words(name: str) -> frozenset[str]:
    kept = "".join(letter if letter.isalnum() else " " for letter in name.casefold())
    return frozenset(kept.split())
