"""The pseudo-locale `en-XA`: English in disguise, made on the fly, for tests and development.

Accents show missing glyphs, the added length shows what is cut off, and any text without brackets
was never given to gettext.
"""

import re

from babel.support import NullTranslations

OPEN, CLOSE = "⟦", "⟧"
ACCENTED = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "àƀçđéƒĝĥîĵķłɱñöþǫŕšŧûṽŵẋýžÀƁÇĐÉƑĜĤÎĴĶŁṀÑÖÞǪŔŠŦÛṼŴẊÝŽ",
)
# Placeholders, doubled per cent signs and tags stay what they are.
KEPT = re.compile(r"(%\([a-z_]+\)[sd]|%%|<[^>]+>|&[a-z]+;)")
LONGER_BY = 0.4


def disguise(text: str) -> str:
    """Write an English message with accents, in brackets, two fifths longer."""
    parts = KEPT.split(text)
    accented = "".join(part if KEPT.fullmatch(part) else part.translate(ACCENTED) for part in parts)
    padding = " ~~~~" * round(len(text) * LONGER_BY / 5 + 0.5)
    return f"{OPEN}{accented}{padding}{CLOSE}"


class PseudoTranslations(NullTranslations):
    """A catalogue that answers every message with its disguise."""

    def gettext(self, message: str) -> str:
        """Disguise a message."""
        return disguise(message)

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """Disguise the English form for a count."""
        return disguise(msgid1 if n == 1 else msgid2)

    def pgettext(self, context: str, message: str) -> str:
        """Disguise a message, whatever its context."""
        return disguise(message)

    def npgettext(self, context: str, singular: str, plural: str, num: int) -> str:
        """Disguise the English form for a count, whatever its context."""
        return disguise(singular if num == 1 else plural)

    # Flask-Babel asks by the names of Python 2, which Babel binds to its own class.
    ugettext, ungettext = gettext, ngettext
    upgettext, unpgettext = pgettext, npgettext
