"""The secret keys of an installation. Each purpose uses its own keys, derived from them.

The newest secret key comes first: it signs and hashes. Older ones only verify.
"""

import hashlib
import hmac
import re
import secrets
from pathlib import Path

from issue_portal.core.files import write_private_file
from issue_portal.core.settings import FatalError, Settings

SHORTEST_SECRET = 32
"""Fewest characters of a secret."""

_FEWEST_DISTINCT_CHARACTERS = 8


class SecretKeys:
    """Derives signing keys and keyed hashes. The secrets never leave this object."""

    def __init__(self, *newest_first: str) -> None:
        for secret in newest_first:
            check_secret("The secret key", secret)
        self._secrets = [secret.encode() for secret in newest_first]
        self._derived: dict[str, dict[str, bytes]] = {}

    def derive(self, purpose: str) -> dict[str, bytes]:
        """Derive a 32-byte key for a purpose from each secret.

        Returns the derived keys by the id of their secret, newest first.
        """
        if purpose not in self._derived:
            self._derived[purpose] = {
                _derive_key(secret, "id").hex()[:8]: _derive_key(secret, purpose)
                for secret in self._secrets
            }
        return self._derived[purpose]

    def hash(self, purpose: str, *parts: str | bytes) -> bytes:
        """Return a keyed hash (32 bytes) of ``parts``; each part is length-prefixed."""
        return self.hashes(purpose, *parts)[0]

    def hashes(self, purpose: str, *parts: str | bytes) -> list[bytes]:
        """Return the hash under each key, newest first; the first is what `hash` returns."""
        return [_hash(key, *parts) for key in self.derive(purpose).values()]

    def fingerprints(self) -> list[str]:
        """Return 16 hex digits that identify each key without revealing it, newest first."""
        return [digest.hex()[:16] for digest in self.hashes("backup")]

    def matches_hash(self, digest: bytes, purpose: str, *parts: str | bytes) -> bool:
        """Return whether ``digest`` is the hash of ``parts`` under any of the keys."""
        return any(
            hmac.compare_digest(digest, candidate) for candidate in self.hashes(purpose, *parts)
        )


def check_secret(name: str, secret: str) -> None:
    """Raise `FatalError` if the secret called ``name`` is easy to guess."""
    if len(secret) < SHORTEST_SECRET:
        raise FatalError(f"{name} is too short: use at least {SHORTEST_SECRET} characters.")
    if len(set(secret)) < _FEWEST_DISTINCT_CHARACTERS:
        raise FatalError(f"{name} is too simple: use a random one.")


def generate_secret() -> str:
    """Return a random secret."""
    return secrets.token_urlsafe(48)


def load_keys(settings: Settings) -> SecretKeys:
    """Return the keys from ``ISSUES_SECRET_KEY`` or, if unset, from the key file.

    Creates the file if it is missing.
    """
    configured = settings.secret_key.get_secret_value()
    if configured:
        return parse_keys(configured)
    path = get_key_path(settings)
    if not path.exists():
        write_private_file(path, generate_secret())
    try:
        return parse_keys(path.read_text())
    except UnicodeDecodeError:
        raise FatalError(f"{path} is not text: restore the right key.") from None


def parse_keys(text: str) -> SecretKeys:
    """Return the keys in ``text``, where commas or line breaks separate them, newest first."""
    secrets_ = [secret.strip() for secret in re.split(r"[,\n]", text)]
    return SecretKeys(*[secret for secret in secrets_ if secret] or [""])


def get_key_path(settings: Settings) -> Path:
    """Return the path of the key file, which is used unless a key is configured."""
    return settings.data_dir / "secret.key"


def _derive_key(secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, b"issue-portal/" + purpose.encode(), "sha256")


def _hash(key: bytes, *parts: str | bytes) -> bytes:
    digest = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8) + data)
    return digest.digest()
