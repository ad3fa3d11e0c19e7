"""Authentication: finds the principal of a bearer token."""

import logging
import time
from dataclasses import dataclass

import jwt
from sqlalchemy import Connection

from issue_portal.core import portal_token
from issue_portal.core.accounts import AccountsFile
from issue_portal.core.portal_token import Caller, Person, Visitor
from issue_portal.core.problems import ForbiddenError, ProblemError
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.models.vocabulary import ROLES_BY_RANK, Role, UserState
from issue_portal.server.db import queries_tokens, queries_users, tables
from issue_portal.server.db.database import Database
from issue_portal.server.services import api_tokens
from issue_portal.server.services.principal import Principal

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class ApiToken:
    """An API token that is not looked up yet."""

    secret: str


class Authenticator:
    """Finds the principal of a request."""

    def __init__(
        self, database: Database, org_id: str, keys: SecretKeys, accounts: AccountsFile
    ) -> None:
        self._database = database
        self._org_id = org_id
        self._keys = keys
        self._accounts = accounts

    def verify(self, authorization: str | None) -> Principal | Person | ApiToken:
        """Return the caller of an ``Authorization`` header, or raise a 401.

        Visitors and the operator are principals at once. For others, call `find_principal`.
        """
        token = _parse_bearer(authorization)
        if token.startswith(api_tokens.TOKEN_PREFIX):
            return ApiToken(token)
        caller = self._verify_portal_token(token)
        if isinstance(caller, Person):
            return caller
        if isinstance(caller, Visitor):
            return Principal(Role.GUEST, None, f"visitor {caller.rate_limit_key}")
        return Principal(Role.OWNER, None, "operator")

    def find_principal(self, connection: Connection, caller: Person | ApiToken) -> Principal | None:
        """Return the principal, or raise a 401 or 403.

        Returns None if the person has no user yet, or has a new name or role.
        """
        if isinstance(caller, ApiToken):
            return self._find_token_principal(connection, caller)
        user = queries_users.find_user_by_email(connection, self._org_id, caller.email)
        if user is None or (user.name, user.role) != (caller.name, caller.role):
            return None
        return _make_user_principal(caller, user)

    def ensure_principal(self, caller: Person | ApiToken) -> Principal:
        """Return the principal, or raise a 401 or 403. Creates or updates the person's user."""
        with self._database.read() as connection:
            principal = self.find_principal(connection, caller)
        if principal:
            return principal
        assert isinstance(caller, Person)
        with self._database.write() as connection:
            user = queries_users.ensure_user(
                connection, self._org_id, caller.email, caller.name, caller.role
            )
        return _make_user_principal(caller, user)

    def _find_token_principal(self, connection: Connection, token: ApiToken) -> Principal:
        for token_hash in self._keys.hashes("token", token.secret):
            if row := queries_tokens.find_token(connection, self._org_id, token_hash):
                return self._make_token_principal(row)
        raise _make_token_error("This token is unknown or revoked.")

    def _make_token_principal(self, row: tables.AnyRow) -> Principal:
        if row.expires_at is not None and row.expires_at <= time.time():
            raise _make_token_error("This token has expired.")
        # Demoting a user also demotes all tokens of the user.
        role = _pick_lower_role(Role(row.role), Role(row.user_role))
        if account := self._accounts.find_by_email(row.email):
            role = _pick_lower_role(role, account.role)
            if account.disabled:
                raise _make_inactive_error()
        principal = Principal(
            # All tokens of a user share their limits: a user can create many.
            role,
            row.user_id,
            f"tokens of {row.user_id}",
            row.id,
            api_tokens.parse_scopes(row.scopes),
        )
        return _check_active(principal, row.state)

    def _verify_portal_token(self, token: str) -> Caller:
        try:
            return portal_token.verify(self._keys, token)
        except jwt.ExpiredSignatureError:
            raise _make_token_error("This token has expired.") from None
        except (jwt.InvalidTokenError, ValueError):
            raise _make_token_error("This token is unknown or revoked.") from None


def _parse_bearer(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise _make_token_error("Send a token in the header: Authorization: Bearer <token>.")
    return token


def _make_user_principal(caller: Person, user: tables.AnyRow) -> Principal:
    return _check_active(Principal(caller.role, user.id, f"user {user.id}"), user.state)


def _pick_lower_role(first: Role, second: Role) -> Role:
    return min(first, second, key=ROLES_BY_RANK.index)


def _check_active(principal: Principal, state: str) -> Principal:
    if state != UserState.ACTIVE:
        raise _make_inactive_error()
    return principal


def _make_inactive_error() -> ProblemError:
    return ForbiddenError("This user is not active.")


def _make_token_error(detail: str) -> ProblemError:
    return ProblemError(401, detail, headers={"WWW-Authenticate": "Bearer"})
