"""Who calls v1: the header ``key`` carries an account's 32 hexadecimal digits."""

from __future__ import annotations

from dataclasses import replace

from flask import g, request

from portal.sandbox.holded import accounts, usage
from portal.sandbox.holded.v1.answers import BadKey, Refusal

OPERATION = "api_v1_legacy_1"


def admit() -> None:
    """Let in whose key is known and who has calls left; tokens of v2 are refused by name.

    A v1 key has no scopes. Its calls count as one operation in the quota both versions share.
    """
    key = request.headers.get("key", "").strip()
    if key.startswith("pat_"):
        raise Refusal("Invalid key")
    account = accounts.of_v1_key(accounts.state(), key)
    if account is None:
        raise BadKey
    g.account = replace(account, scopes=None)
    request.environ["holded.seen"] |= {"account": account.id, "operation": OPERATION}
    usage.check(account)
