"""The one typed base of every form, the fields it may have, and what is demanded of them.

Shape is checked here (there, too long, a number); meaning is checked by rules and services, whose
answer comes back by `refuse`.
"""

import unicodedata
from collections.abc import Callable
from typing import Any, cast

from flask_wtf import FlaskForm
from wtforms import (
    BooleanField,
    DateField,
    EmailField,
    Field,
    HiddenField,
    IntegerField,
    RadioField,
    SelectField,
    StringField,
    TelField,
    TextAreaField,
)
from wtforms.validators import InputRequired, Optional, ValidationError

from portal.i18n import gettext as _
from portal.i18n import lazy_gettext, ngettext

__all__ = [
    "BooleanField", "DateField", "EmailField", "Field", "Form", "HiddenField", "IntegerField",
    "RadioField", "SelectField", "StringField", "TelField", "TextAreaField", "at_most", "between",
    "needed", "optional", "printable", "trimmed",
]  # fmt: skip

Validator = Callable[["Form", Any], None]


class Form(FlaskForm):  # type: ignore[misc]  # Flask-WTF and WTForms ship no types
    """A form of a page; the token against forged posts is checked before any view runs."""

    class Meta(FlaskForm.Meta):  # type: ignore[misc]
        """Our own words in place of those WTForms brings along."""

        def get_translations(self, form: FlaskForm) -> "_Words":
            """Say in our words what fields find out by themselves."""
            return _Words()

    def accepts(self) -> bool:
        """Whether the form was posted and its fields have the shape they need."""
        return bool(self.validate_on_submit())

    def refuse(self, name: str, message: str) -> None:
        """Show what is wrong with a field, found out by whoever knows its meaning."""
        field = self._fields[name]
        field.errors = (*field.errors, message)

    def text(self, name: str) -> str:
        """Return what was typed into a field, empty if nothing was."""
        return cast(str, self._fields[name].data or "")


class _Words:
    """What WTForms would say of a value that is of no use, in our words."""

    def gettext(self, text: str) -> str:
        """Return our sentence for one of WTForms'."""
        known = OWN_WORDS.get(text)
        return text if known is None else str(known)

    def ngettext(self, one: str, many: str, count: int) -> str:
        """Return a sentence for a count; none of our fields has one."""
        return one if count == 1 else many


DIGITS_OF_A_PHONE = 3
OWN_WORDS = {
    "Not a valid date value.": lazy_gettext("Please enter a day that there is."),
    "Not a valid choice.": lazy_gettext("Please choose one of these."),
    "Invalid Choice: could not coerce.": lazy_gettext("Please choose one of these."),
    "Not a valid integer value.": lazy_gettext("Please enter a whole number."),
}


def trimmed(value: str | None) -> str:
    """Take the blanks off both ends: a filter for text fields."""
    return (value or "").strip()


def needed(message: str = "") -> InputRequired:
    """Demand that something was entered."""
    return InputRequired(message or lazy_gettext("Please fill this in."))


def optional() -> Optional:
    """Let a field be empty, and then ask nothing else of it."""
    return Optional()


def at_most(length: int) -> Validator:
    """Demand no more than so many characters."""

    def check(form: Form, field: Any) -> None:
        if len(field.data or "") > length:
            raise ValidationError(
                ngettext(
                    "At most %(num)s character, please.",
                    "At most %(num)s characters, please.",
                    length,
                )
            )

    # WTForms writes the attribute of the same name into the page.
    check.field_flags = {"maxlength": length}  # type: ignore[attr-defined]
    return check


def between(least: int, most: int) -> Validator:
    """Demand a whole number within bounds."""

    def check(form: Form, field: Any) -> None:
        if field.data is None or not least <= field.data <= most:
            raise ValidationError(
                _("Please enter a number between %(least)s and %(most)s.", least=least, most=most)
            )

    return check


def dialled() -> Validator:
    """Demand that a telephone number could be one; how people write theirs is their affair."""

    def check(form: Form, field: Any) -> None:
        if sum(character.isdigit() for character in field.data or "") < DIGITS_OF_A_PHONE:
            raise ValidationError(_("Please enter a telephone number, like +34 600 000 000."))

    return check


def printable() -> Validator:
    """Refuse control characters, and marks that turn the direction of text around."""

    def check(form: Form, field: Any) -> None:
        if any(_is_hidden(letter) for letter in field.data or ""):
            raise ValidationError(_("This has characters in it that cannot be shown."))

    return check


def _is_hidden(letter: str) -> bool:
    return letter not in "\r\n\t" and (
        unicodedata.category(letter) in {"Cc", "Cs"} or letter in "\u202a\u202b\u202c\u202d\u202e"
    )
