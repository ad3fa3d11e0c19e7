"""What one running API consists of: settings, keys, database, organisation and rules."""

from dataclasses import dataclass

from api.keys import Keys
from api.server import store
from api.server.database import Database
from api.server.issues import Issues
from api.settings import Settings


@dataclass(frozen=True)
class Service:
    """Made once at start, shared by all requests."""

    settings: Settings
    keys: Keys
    database: Database
    org_id: str
    issues: Issues


def open_service(settings: Settings, keys: Keys) -> Service:
    """Open and migrate the database; raises `CannotStart` with a line for the operator."""
    database = Database(settings.database)
    database.migrate()
    with database.write() as connection:
        org_id = store.ensure_organisation(connection, settings.org)
    return Service(settings, keys, database, org_id, Issues(database, org_id, keys))
