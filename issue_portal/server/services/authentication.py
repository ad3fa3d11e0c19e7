"""Authentication: finds the principal of a bearer token."""

import logging
import time

import jwt

from issue_portal.core import portal_token
from issue_portal.core.accounts import AccountsFile
from issue_portal.core.portal_token import Caller, Operator, Person, Visitor
from issue_portal.core.problems import ForbiddenError, ProblemError
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.models.vocabulary import ROLES_BY_RANK, Role, UserState
from issue_portal.server.db import queries_tokens, queries_users, tables
from issue_portal.server.db.database import Database
from issue_portal.server.services.api_tokens import TOKEN_PREFIX
from issue_portal.server.services.principal import Principal

log = logging.getLogger(__name__)


class Authenticator:
    """Finds the principal of a request."""

    def __init__(
        self, database: Database, org_id: str, keys: SecretKeys, accounts: AccountsFile
    ) -> None:
        self._database = database
        self._org_id = org_id
        self._keys = keys
        self._accounts = accounts

    def authenticate(self, authorization: str | None) -> Principal:
        """Return the principal of an ``Authorization`` header, or raise a 401 or 403.

        May wait for the database.
        """
        token = _parse_bearer(authorization)
        if token.startswith(TOKEN_PREFIX):
            return self._authenticate_api_token(token)
        caller = self._verify_portal_token(token)
        if not isinstance(caller, Person):
            return _make_principal_without_user(caller)
        user = self._find_user(caller)
        if user is None:
            with self._database.write() as connection:
                user = queries_users.ensure_user(
                    connection, self._org_id, caller.email, caller.name, caller.role
                )
        return _make_user_principal(caller, user)

    def find_principal_without_waiting(self, authorization: str | None) -> Principal | None:
        """Return the principal; None if finding it would have to wait for the database."""
        token = _parse_bearer(authorization)
        can_look_up = self._database.is_sqlite_file
        if token.startswith(TOKEN_PREFIX):
            return self._authenticate_api_token(token) if can_look_up else None
        caller = self._verify_portal_token(token)
        if not isinstance(caller, Person):
            return _make_principal_without_user(caller)
        user = self._find_user(caller) if can_look_up else None
        return _make_user_principal(caller, user) if user else None

    def _authenticate_api_token(self, token: str) -> Principal:
        for token_hash in self._keys.hashes("token", token):
            row = self._database.fetch_first(
                queries_tokens.TOKEN_BY_HASH, org=self._org_id, hash=token_hash
            )
            if row:
                return self._make_token_principal(row)
        raise _make_token_error("This token is unknown or revoked.")

    def _find_user(self, caller: Person) -> tables.AnyRow | None:
        """Return the caller's user; None if it is missing or has another name or role."""
        row: tables.AnyRow | None = self._database.fetch_first(
            queries_users.USER_BY_EMAIL, org=self._org_id, email=caller.email
        )
        is_current = row and (row.name, row.role) == (caller.name, caller.role)
        return row if is_current else None

    def _make_token_principal(self, row: tables.AnyRow) -> Principal:
        if row.expires_at is not None and row.expires_at <= time.time():
            raise _make_token_error("This token has expired.")
        # Demoting a user also demotes all tokens of the user.
        role = _pick_lower_role(Role(row.role), Role(row.user_role))
        if account := self._accounts.find_by_email(row.email):
            role = _pick_lower_role(role, account.role)
            if account.disabled:
                raise _make_inactive_error()
        return _check_active(Principal(role, row.user_id, f"token {row.id}", row.id), row.state)

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


def _make_principal_without_user(caller: Visitor | Operator) -> Principal:
    if isinstance(caller, Visitor):
        return Principal(Role.GUEST, None, f"visitor {caller.rate_limit_key}")
    return Principal(Role.OWNER, None, "operator")


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
