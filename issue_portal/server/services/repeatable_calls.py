"""Recognises a repeated call by its ``Idempotency-Key``; `issue_writer` does it for reports."""

import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from issue_portal.core.problems import ProblemError
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.models.vocabulary import ProblemCode
from issue_portal.server.db import queries_repeatable_calls
from issue_portal.server.db.queries_repeatable_calls import RepeatableCall
from issue_portal.server.services.issue_writer import IDEMPOTENCY_LIFETIME
from issue_portal.server.services.principal import Principal


@dataclass(frozen=True)
class FirstOutcome:
    """Stored outcome of an earlier call with the same key and body."""

    value: Any


class RepeatableCalls:
    """The calls with an ``Idempotency-Key`` in one organisation. Keys of users are separate."""

    def __init__(self, org_id: str, keys: SecretKeys) -> None:
        self._org_id = org_id
        self._keys = keys

    def find(
        self, connection: Connection, principal: Principal, key: str | None, body: str
    ) -> FirstOutcome | None:
        """Return the outcome of the first call with this key; None if this is the first.

        Raises a 409 if the first call had another body.
        """
        if key is None:
            return None
        caller = principal.user_id or ""
        hashes = self._keys.hashes("idempotency/call", caller, key)
        row = queries_repeatable_calls.find_repeatable_call(connection, self._org_id, hashes)
        if row is None:
            return None
        if not self._keys.matches_hash(row.body_hash, "idempotency/call", caller, key, body):
            raise ProblemError(
                409,
                "This Idempotency-Key was used for another request.",
                code=ProblemCode.IDEMPOTENCY_KEY_REUSED,
            )
        return FirstOutcome(row.outcome)

    def record(
        self, connection: Connection, principal: Principal, key: str | None, body: str, outcome: Any
    ) -> None:
        """Store the outcome of a call. ``outcome`` becomes JSON and must contain no texts."""
        if key is None:
            return
        now, caller = int(time.time()), principal.user_id or ""
        call = RepeatableCall(
            self._keys.hash("idempotency/call", caller, key),
            # With the caller and the key: equal bodies of two people must not have equal hashes,
            # and nobody can confirm a guessed body without the key.
            self._keys.hash("idempotency/call", caller, key, body),
            outcome,
            now,
        )
        queries_repeatable_calls.add_repeatable_call(
            connection, self._org_id, call, delete_before=now - IDEMPOTENCY_LIFETIME
        )
