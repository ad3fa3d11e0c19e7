"""Changes of several issues in one call, each in a transaction of its own."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from typing import Any, Final

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from issue_portal.core.problems import ProblemError
from issue_portal.core.token_bucket import ConcurrencyLimit
from issue_portal.models.permissions import Action
from issue_portal.models.requests import BulkChange, BulkRequest, IssueUpdate
from issue_portal.models.vocabulary import ProblemCode
from issue_portal.server.db.database import Database
from issue_portal.server.services import issue_access
from issue_portal.server.services.issue_editor import IssueEditor
from issue_portal.server.services.principal import Principal
from issue_portal.server.services.repeatable_calls import FirstOutcome, RepeatableCalls
from issue_portal.server.services.serializers import JsonObject

_BULK_CHANGES: Final = ConcurrencyLimit(1)
"""Bulk changes at a time per user, with any token: a repeated call waits for the first."""

DATABASE_ERRORS: Final = (OperationalError, InterfaceError, PoolTimeout)
"""The database does not respond."""

Outcome = tuple[int, ProblemCode | None]
"""Status and code that a call for one issue alone would get."""

Run = Callable[[Callable[[], Any]], Awaitable[Any]]
"""Runs a function that may write in a thread, after the earlier ones of the caller."""


class BulkChanges:
    """Changes several issues of one organisation."""

    def __init__(self, database: Database, editor: IssueEditor, calls: RepeatableCalls) -> None:
        self._database = database
        self._editor = editor
        self._calls = calls

    async def apply(
        self, principal: Principal, request: BulkRequest, key: str | None, run: Run
    ) -> list[JsonObject]:
        """Change each issue, and return what became of each one, in the order of the request.

        Other callers write between two issues. Two processes that get the same call at the same
        time both apply it: the second one then finds issues already changed or deleted.
        """
        issue_access.check_may_change_some(principal)
        body = f"bulk {request.model_dump_json()}"
        async with _BULK_CHANGES.get_semaphore(principal.user_id or principal.rate_limit_key):
            first: FirstOutcome | None = await run(partial(self._find, principal, key, body))
            if first:
                outcomes = first.value
            else:
                outcomes = []
                for issue_id in request.ids:
                    if outcomes and outcomes[-1][0] == 503:
                        outcomes.append(outcomes[-1])  # The database would not respond either.
                        continue
                    change = partial(self._change, principal, issue_id, request.change)
                    outcomes.append(await run(change))
                if _is_final(principal, outcomes):
                    await run(partial(self._record, principal, key, body, outcomes))
        return [
            {"id": issue_id, "status": status, "code": code}
            for issue_id, (status, code) in zip(request.ids, outcomes, strict=True)
        ]

    def _find(self, principal: Principal, key: str | None, body: str) -> FirstOutcome | None:
        if key is None:
            return None
        with self._database.read() as connection:
            return self._calls.find(connection, principal, key, body)

    def _record(
        self, principal: Principal, key: str | None, body: str, outcomes: list[Outcome]
    ) -> None:
        if key is not None:
            with self._database.write() as connection:
                self._calls.record(connection, principal, key, body, outcomes)

    def _change(self, principal: Principal, issue_id: str, change: BulkChange) -> Outcome:
        try:
            if change.delete is True:
                self._editor.delete(principal, issue_id)
                return 204, None
            if change.restore is True:
                self._editor.restore(principal, issue_id)
            else:
                update = IssueUpdate.model_validate(change.model_dump(exclude_unset=True))
                self._editor.update(principal, issue_id, update)
            return 200, None
        except ProblemError as problem:
            return problem.status, problem.code
        except DATABASE_ERRORS:
            return 503, ProblemCode.UNAVAILABLE


def _is_final(principal: Principal, outcomes: Sequence[Outcome]) -> bool:
    """Return whether to record these outcomes for a repeated call."""
    statuses = {status for status, _ in outcomes}
    if 503 in statuses:
        return False  # A repeated call may complete what the database has refused.
    if statuses == {404}:
        return False  # Nothing has changed.
    # Refused ids may be those of the caller's own anonymous reports. Not even a hash of these ids
    # may remain beside the caller's.
    is_refused = any(
        status == 404 or code == ProblemCode.INSUFFICIENT_SCOPE for status, code in outcomes
    )
    return not is_refused or principal.may(Action.EDIT_ALL)
