"""The secret key of an installation and the keys derived from it, one a purpose."""

import hashlib
import hmac
import os
import secrets
from pathlib import Path

from api.settings import CannotStart, Settings

SHORTEST = 32


class Keys:
    """Keyed hashes and signing keys; the secret itself never leaves this object."""

    def __init__(self, secret: str) -> None:
        if len(secret) < SHORTEST:
            raise CannotStart(f"The secret key is too short: use at least {SHORTEST} characters.")
        self._secret = secret.encode()

    def derive(self, purpose: str) -> bytes:
        """A 32-byte key for one purpose."""
        return hmac.digest(self._secret, b"issue-portal/" + purpose.encode(), "sha256")

    def hash(self, purpose: str, *parts: str | bytes) -> bytes:
        """A keyed hash (32 bytes) of ``parts``, of which none can run into the next."""
        digest = hmac.new(self.derive(purpose), digestmod=hashlib.sha256)
        for part in parts:
            data = part.encode() if isinstance(part, str) else part
            digest.update(len(data).to_bytes(8) + data)
        return digest.digest()


def load_keys(settings: Settings) -> Keys:
    """The installation's keys: of ``ISSUES_SECRET_KEY``, else of a file made at the first run."""
    configured = settings.secret_key.get_secret_value()
    if configured:
        return Keys(configured)
    path = settings.data_dir / "secret.key"
    write_private(path, secrets.token_urlsafe(48))
    return Keys(path.read_text().strip())


def write_private(path: Path, text: str, *, replace: bool = False) -> bool:
    """Write a file that only its owner can read, whole or not at all.

    Returns whether it was written: an existing one is left alone unless ``replace``.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    temporary.touch(mode=0o600, exist_ok=False)
    with temporary.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    try:
        if replace:
            temporary.replace(path)
        else:
            os.link(temporary, path)
    except FileExistsError:
        return False
    finally:
        temporary.unlink(missing_ok=True)
    return True
