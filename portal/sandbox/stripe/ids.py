"""Object ids that look like Stripe's and depend only on the account, the kind and a counter."""

import hashlib

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
LENGTHS = {"cus": 14, "prod": 14, "si": 14, "cs_test": 58, "li": 14}


def scramble(seed: str, length: int) -> str:
    """`length` letters and digits that follow from `seed` alone."""
    letters = ""
    block = 0
    while len(letters) < length:
        number = int.from_bytes(hashlib.sha256(f"{seed}:{block}".encode()).digest())
        for _ in range(40):
            number, rest = divmod(number, 62)
            letters += ALPHABET[rest]
        block += 1
    return letters[:length]


def object_id(account: str, prefix: str, number: int) -> str:
    """The `number`th id with that prefix in the account, such as `cus_Qx3…`."""
    letters = scramble(f"{account}:{prefix}:{number}", LENGTHS.get(prefix, 24))
    return f"{prefix}_{letters}"
