"""What one running API consists of: settings, keys, database, organisation and rules."""

from contextlib import suppress
from dataclasses import dataclass

from sqlalchemy.exc import DBAPIError

from api.accounts import AccountsFile
from api.data_dir import WriteProbe
from api.keys import Keys
from api.server import store
from api.server.access import Access, TokenUses
from api.server.database import Database
from api.server.issues import Issues
from api.server.memory import Memory
from api.server.rate_limits import RateLimits
from api.settings import Settings


@dataclass(frozen=True)
class Service:
    """Made once at start, shared by all requests."""

    settings: Settings
    keys: Keys
    database: Database
    org_id: str
    issues: Issues
    rate_limits: RateLimits
    memory: Memory
    access: Access
    token_uses: TokenUses
    disk: WriteProbe

    def close(self) -> None:
        """Write what is still to be written, and close every connection."""
        with suppress(DBAPIError):
            self.token_uses.write()
        self.database.close()


def open_service(settings: Settings, keys: Keys) -> Service:
    """Open and migrate the database; raises `CannotStart` with a line for the operator."""
    rate_limits = RateLimits(settings, keys)
    database = Database(settings.database)
    database.migrate()
    with database.write() as connection:
        org_id = store.ensure_organisation(connection, settings.org)
    issues = Issues(database, org_id, keys)
    memory = Memory(database)
    access = Access(database, org_id, keys, AccountsFile(settings))
    return Service(
        settings,
        keys,
        database,
        org_id,
        issues,
        rate_limits,
        memory,
        access,
        TokenUses(database, org_id),
        WriteProbe(settings),
    )
