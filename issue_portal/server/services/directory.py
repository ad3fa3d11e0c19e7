"""The users and the projects of an organisation."""

from collections.abc import Iterator

from sqlalchemy import Connection

from issue_portal.core.problems import ForbiddenError
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.models.permissions import Action
from issue_portal.models.requests import PageQuery
from issue_portal.server.db import queries_projects, queries_users
from issue_portal.server.db.database import Database
from issue_portal.server.db.tables import AnyRow
from issue_portal.server.services import serializers
from issue_portal.server.services.cursors import Cursors
from issue_portal.server.services.positional_pages import read_page
from issue_portal.server.services.principal import Principal
from issue_portal.server.services.serializers import JsonObject


class Directory:
    """Lists the users and projects of one organisation, and names projects."""

    def __init__(self, database: Database, org_id: str, keys: SecretKeys) -> None:
        self._database = database
        self._org_id = org_id
        self._user_cursors = Cursors(keys, org_id, "cursor/user")
        self._project_cursors = Cursors(keys, org_id, "cursor/project")

    def list_users(
        self, connection: Connection, principal: Principal, query: PageQuery
    ) -> JsonObject:
        """Return one page of the users, sorted by name."""
        principal.require(Action.LIST_USERS, ForbiddenError("Only reviewers can list users."))

        def read(offset: int, limit: int) -> Iterator[JsonObject]:
            rows = queries_users.list_users(
                connection, self._org_id, order=query.page_order, offset=offset, limit=limit
            )
            return map(serializers.serialize_user, rows)

        total = queries_users.count_users(connection, self._org_id)
        return read_page(query, self._user_cursors, total, read)

    def list_projects(
        self, connection: Connection, principal: Principal, query: PageQuery
    ) -> JsonObject:
        """Return one page of the projects, sorted by id."""
        principal.require(Action.LIST_PROJECTS, ForbiddenError("Only reviewers can list projects."))

        def read(offset: int, limit: int) -> Iterator[JsonObject]:
            rows = queries_projects.list_projects(
                connection, self._org_id, order=query.page_order, offset=offset, limit=limit
            )
            return map(_serialize_project, rows)

        total = queries_projects.count_projects(connection, self._org_id)
        return read_page(query, self._project_cursors, total, read)

    def name_project(self, principal: Principal, project_id: str, name: str) -> JsonObject:
        """Give a project a name, even before its first issue, and return the project."""
        principal.require(Action.NAME_PROJECT, ForbiddenError("Only reviewers can name projects."))
        with self._database.write() as connection:
            queries_projects.set_project_name(connection, self._org_id, project_id, name)
            return _serialize_project(
                queries_projects.get_project(connection, self._org_id, project_id)
            )


def _serialize_project(row: AnyRow) -> JsonObject:
    return {"id": row.id, "name": row.name, "count": row.count}
