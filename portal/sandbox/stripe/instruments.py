"""The test instruments together: what stands behind a payment method, by its name.

A payment method remembers the *name* of its instrument (`_instrument`), never a number. The tables
are `cards.py` and `bank_accounts.py`.
"""

from portal.sandbox.stripe.bank_accounts import (
    BankAccount,
    account_numbered,
    account_of_token,
    account_with,
    accounts,
)
from portal.sandbox.stripe.cards import Card, card_named, card_numbered, card_of_token, cards

__all__ = [
    "BankAccount",
    "Card",
    "account_numbered",
    "account_of_token",
    "account_with",
    "accounts",
    "card_named",
    "card_numbered",
    "card_of_token",
    "cards",
]
