"""Cursors: opaque positions in a list, signed so that clients cannot forge them."""

import base64
import binascii

from issue_portal.core.problems import InvalidParameterError
from issue_portal.core.secret_keys import SecretKeys


class Cursors:
    """The cursors of one list of an organisation; ``purpose`` tells its lists apart."""

    def __init__(self, keys: SecretKeys, org_id: str, purpose: str = "cursor") -> None:
        self._purpose = purpose
        self._keys = keys
        self._org_id = org_id

    def encode(self, number: int) -> str:
        """Return the cursor of the issue with this number, or of the item in this position."""
        data = number.to_bytes(8)
        return base64.urlsafe_b64encode(data + self._list_signatures(data)[0]).decode()

    def decode(self, field: str, cursor: str | None) -> int | None:
        """Return the number in a cursor; None for None. Raises a 400 that names ``field``."""
        if cursor is None:
            return None
        try:
            raw = base64.b64decode(cursor, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) != 18 or raw[8:] not in self._list_signatures(raw[:8]):
            raise InvalidParameterError(field, "is not a cursor of this list")
        return int.from_bytes(raw[:8])

    def _list_signatures(self, data: bytes) -> list[bytes]:
        """Return the signatures of ``data``, one made with each secret key, newest key first."""
        return [digest[:10] for digest in self._keys.hashes(self._purpose, self._org_id, data)]
