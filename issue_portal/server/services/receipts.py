"""Receipts of anonymous reports: 16 digits, of which only a keyed hash is stored."""

from issue_portal.core.secret_keys import SecretKeys
from issue_portal.models.vocabulary import normalize_receipt


class Receipts:
    """The receipts of one organisation."""

    def __init__(self, keys: SecretKeys, org_id: str) -> None:
        self._keys = keys
        self._org_id = org_id

    def derive(self, issue_id: str, key: str) -> list[str]:
        """The receipt of a report, and what it would have been before each rotation of the key.

        It follows from the report's id and ``Idempotency-Key``, so that whoever repeats the request
        gets the same receipt.
        """
        hashes = self._keys.hashes("receipt/new", issue_id, key)
        digits = [f"{int.from_bytes(digest) % 10**16:016}" for digest in hashes]
        return [
            "-".join(digit_group[start : start + 4] for start in range(0, 16, 4))
            for digit_group in digits
        ]

    def hash_all(self, receipt: str) -> list[bytes]:
        """What may be stored of a receipt, the newest key's first."""
        return self._keys.hashes("receipt", self._org_id, normalize_receipt(receipt))
