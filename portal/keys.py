"""The installation's own keys: made once by `flask portal init`, and read at the start.

What has to be known again without being stored (the token of a link, the code of a mail) is derived
from the secret key and the random name of its row, each purpose apart from the others.
"""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from pathlib import Path

from cryptography.fernet import Fernet
from pydantic import SecretStr

from portal.settings import Settings

SHORTEST_SECRET = 32  # characters; below that a key is a word somebody typed


class KeysMissing(RuntimeError):
    """The installation has no keys, or a secret key too short to sign anything with."""


def folder(settings: Settings) -> Path:
    """Return where the keys are kept when the environment does not give them."""
    return settings.portal_data / "keys"


def keyring_file(settings: Settings) -> Path:
    """Return the file of the Fernet keys, one a line, the newest first."""
    return folder(settings) / "keyring"


def secret_file(settings: Settings) -> Path:
    """Return the file of the key that signs cookies and derives the secrets of links."""
    return folder(settings) / "secret"


def make(settings: Settings) -> list[Path]:
    """Make the folders and the key files that are missing; return the files that were made."""
    make_folder(settings)
    folder(settings).mkdir(mode=0o700, exist_ok=True)
    wanted = {
        keyring_file(settings): Fernet.generate_key().decode(),
        secret_file(settings): secrets.token_urlsafe(48),
    }
    made = [path for path in wanted if not path.exists()]
    for path in made:
        _write(path, wanted[path])
    return made


def make_folder(settings: Settings) -> None:
    """Make the data folder if it is missing, for the owner alone: database and PDFs are in it."""
    settings.portal_data.mkdir(mode=0o700, parents=True, exist_ok=True)


def add_to_keyring(settings: Settings) -> None:
    """Put a new key in front of the keyring's file; the old ones still open what they sealed."""
    path = keyring_file(settings)
    fresh = path.with_suffix(".new")
    _write(fresh, f"{Fernet.generate_key().decode()}\n{path.read_text().strip()}")
    fresh.replace(path)


def load(settings: Settings) -> Settings:
    """Return the settings with both keys filled in; raises KeysMissing in one clear line."""
    return settings.model_copy(
        update={
            "secret_key": _filled(settings.secret_key, secret_file(settings), "SECRET_KEY"),
            "keyring": _filled(settings.keyring, keyring_file(settings), "PORTAL_KEYRING"),
        }
    )


def derive(settings: Settings, purpose: str, *parts: object) -> bytes:
    """Return 32 bytes that only this installation can compute, the same each time."""
    key = settings.secret_key.get_secret_value().encode()
    message = "\0".join((purpose, *map(str, parts)))
    return hmac.new(key, message.encode(), hashlib.sha256).digest()


def derive_token(settings: Settings, purpose: str, name: str) -> str:
    """Return the 43 characters of a link's token."""
    return urlsafe_b64encode(derive(settings, purpose, name)).decode().rstrip("=")


def hashed(token: str) -> str:
    """Return what is stored of a token: 256 random bits need neither salt nor stretching."""
    return hashlib.sha256(token.encode()).hexdigest()


def _filled(given: SecretStr, file: Path, name: str) -> SecretStr:
    text = given.get_secret_value()
    if not text and file.is_file():
        text = file.read_text().strip()
    if len(text) < SHORTEST_SECRET:
        raise KeysMissing(
            f"There is no usable key in {name} or {file}; run `flask portal init` once."
        )
    return SecretStr(text)


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text + "\n")
