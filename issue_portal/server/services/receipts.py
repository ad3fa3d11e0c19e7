"""Receipts of anonymous reports: 16 digits, stored as keyed hashes only."""

import re

from issue_portal.core.secret_keys import SecretKeys
from issue_portal.models.vocabulary import normalize_receipt


class Receipts:
    """The receipts of one organisation."""

    def __init__(self, keys: SecretKeys, org_id: str) -> None:
        self._keys = keys
        self._org_id = org_id

    def derive(self, issue_id: str, idempotency_key: str) -> list[str]:
        """Return the receipt of a report under each secret key, newest first.

        The receipt depends only on the arguments, so a repeated request gets the same receipt.
        """
        hashes = self._keys.hashes("receipt/new", issue_id, idempotency_key)
        numbers = [f"{int.from_bytes(digest) % 10**16:016}" for digest in hashes]
        return ["-".join(re.findall("....", number)) for number in numbers]

    def hash_all(self, receipt: str) -> list[bytes]:
        """Return the hash of a receipt under each secret key, newest first."""
        return self._keys.hashes("receipt", self._org_id, normalize_receipt(receipt))
