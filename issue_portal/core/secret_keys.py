"""The secret keys of an installation, and what is derived from them, one key a purpose.

There may be several, newest first: the newest signs and hashes, the older ones still verify and
find what they have signed and hashed.
"""

import hashlib
import hmac
import re
import secrets
from pathlib import Path

from issue_portal.core.files import write_private_file
from issue_portal.core.settings import FatalError, Settings

SHORTEST = 32
"""Characters."""

_FEWEST_DIFFERENT = 8


class SecretKeys:
    """Keyed hashes and signing keys; the secrets themselves never leave this object."""

    def __init__(self, *newest_first: str) -> None:
        for secret in newest_first:
            check_secret("The secret key", secret)
        self._secrets = [secret.encode() for secret in newest_first]
        self._derived: dict[str, dict[str, bytes]] = {}

    def derive(self, purpose: str) -> dict[str, bytes]:
        """A 32-byte key for one purpose by the id of the secret it comes from, newest first."""
        if purpose not in self._derived:
            self._derived[purpose] = {
                _derive_key(secret, "id").hex()[:8]: _derive_key(secret, purpose)
                for secret in self._secrets
            }
        return self._derived[purpose]

    def hash(self, purpose: str, *parts: str | bytes) -> bytes:
        """A keyed hash (32 bytes) of ``parts``, of which none can run into the next."""
        return self.hashes(purpose, *parts)[0]

    def hashes(self, purpose: str, *parts: str | bytes) -> list[bytes]:
        """What `hash` returns now, and what it returned before each rotation, newest first."""
        return [_hash(key, *parts) for key in self.derive(purpose).values()]

    def fingerprints(self) -> list[str]:
        """What tells these keys from others, without telling them: 16 hex digits, newest first."""
        return [digest.hex()[:16] for digest in self.hashes("backup")]

    def matches_hash(self, digest_: bytes, purpose: str, *parts: str | bytes) -> bool:
        """Whether ``given`` is what `hash` returns now, or returned before a rotation."""
        return any(
            hmac.compare_digest(digest_, candidate) for candidate in self.hashes(purpose, *parts)
        )


def check_secret(name: str, secret: str) -> None:
    """Raise `FatalError` if ``secret``, which is called ``name``, could be guessed."""
    if len(secret) < SHORTEST:
        raise FatalError(f"{name} is too short: use at least {SHORTEST} characters.")
    if len(set(secret)) < _FEWEST_DIFFERENT:
        raise FatalError(f"{name} is too simple: use a random one.")


def generate_secret() -> str:
    """A random secret."""
    return secrets.token_urlsafe(48)


def load_keys(settings: Settings) -> SecretKeys:
    """The installation's keys: of ``ISSUES_SECRET_KEY``, else of a file made at the first run."""
    configured = settings.secret_key.get_secret_value()
    if configured:
        return parse_keys(configured)
    path = get_key_path(settings)
    if not path.exists():
        write_private_file(path, generate_secret())
    try:
        return parse_keys(path.read_text())
    except UnicodeDecodeError:
        raise FatalError(f"{path} is not a text: put the right key there.") from None


def parse_keys(text: str) -> SecretKeys:
    """The keys in ``text``, newest first, with commas or line breaks between."""
    digest = [secret.strip() for secret in re.split(r"[,\n]", text)]
    return SecretKeys(*[secret for secret in digest if secret] or [""])


def get_key_path(settings: Settings) -> Path:
    """Where the keys are, unless they are configured."""
    return settings.data_dir / "secret.key"


def _derive_key(secret: bytes, purpose: str) -> bytes:
    return hmac.digest(secret, b"issue-portal/" + purpose.encode(), "sha256")


def _hash(key: bytes, *parts: str | bytes) -> bytes:
    digest = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(8) + data)
    return digest.digest()
