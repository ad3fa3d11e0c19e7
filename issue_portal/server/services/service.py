"""The parts of a running API: settings, keys, database, organisation, and services."""

from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from issue_portal.core.accounts import AccountsFile, load_accounts
from issue_portal.core.files import WriteProbe
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.core.settings import FatalError, Settings
from issue_portal.server.db import queries_organisations
from issue_portal.server.db.database import Database, describe_error
from issue_portal.server.services.api_tokens import TokenUsage
from issue_portal.server.services.authentication import Authenticator
from issue_portal.server.services.bulk_changes import BulkChanges
from issue_portal.server.services.directory import Directory
from issue_portal.server.services.issue_editor import IssueEditor
from issue_portal.server.services.issue_service import IssueService
from issue_portal.server.services.personal_tokens import PersonalTokens
from issue_portal.server.services.rate_limits import RateLimits
from issue_portal.server.services.repeatable_calls import RepeatableCalls


@dataclass(frozen=True)
class Service:
    """The parts of the API. Created at the start and shared by all requests."""

    settings: Settings
    keys: SecretKeys
    database: Database
    org_id: str
    issues: IssueService
    editor: IssueEditor
    bulk_changes: BulkChanges
    directory: Directory
    rate_limits: RateLimits
    authenticator: Authenticator
    token_usage: TokenUsage
    personal_tokens: PersonalTokens
    write_probe: WriteProbe

    async def close(self) -> None:
        """Write pending data and close all connections."""
        with suppress(DBAPIError):
            self.token_usage.write()
        await self.database.close_async()


def open_service(settings: Settings, keys: SecretKeys, *, any_key: bool = False) -> Service:
    """Open and migrate the database. Raises `FatalError` with a line for the operator.

    Refuses a database that was used with another secret key, unless ``any_key``.
    """
    load_accounts(settings)  # Fails if the accounts file is invalid.
    rate_limits = RateLimits(settings, keys)
    database = Database(settings.database)
    database.migrate()
    try:
        with database.write() as connection:
            org_id = queries_organisations.ensure_organisation(connection, settings.org)
            _check_key(connection, org_id, keys, any_key)
    except DBAPIError as error:
        raise FatalError(f"Cannot use the database: {describe_error(error)}") from error
    calls = RepeatableCalls(org_id, keys)
    editor = IssueEditor(database, org_id, calls)
    issues = IssueService(database, org_id, keys)
    accounts = AccountsFile(settings)
    accounts.get_all()  # Load the accounts now, in case the file is lost later.
    authenticator = Authenticator(database, org_id, keys, accounts)
    token_usage = TokenUsage(database, org_id)
    return Service(
        settings,
        keys,
        database,
        org_id,
        issues,
        editor,
        BulkChanges(database, editor, calls),
        Directory(database, org_id, keys),
        rate_limits,
        authenticator,
        token_usage,
        PersonalTokens(database, org_id, keys, token_usage),
        WriteProbe(settings.data_dir, *([database.directory] if database.directory else ())),
    )


def _check_key(connection: Connection, org_id: str, keys: SecretKeys, any_key: bool) -> None:
    """Refuse a database whose receipts and tokens were hashed with another secret key."""
    stored = queries_organisations.get_key_fingerprint(connection, org_id)
    fingerprints = keys.fingerprints()
    if stored is not None and stored not in fingerprints and not any_key:
        raise FatalError(
            "This database was last used with another secret key: with this key, its receipts and"
            " API tokens are void. Restore that key (ISSUES_SECRET_KEY, or secret.key in the data"
            " directory), or accept the loss with `key accept`."
        )
    if stored != fingerprints[0]:
        queries_organisations.set_key_fingerprint(connection, org_id, fingerprints[0])
