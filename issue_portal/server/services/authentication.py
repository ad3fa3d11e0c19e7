"""Who is calling: from a bearer token to a principal. All of the API's authentication is here."""

import logging
import time

import jwt

from issue_portal.core import portal_token
from issue_portal.core.accounts import AccountsFile
from issue_portal.core.portal_token import Caller, Operator, Person, Visitor
from issue_portal.core.problems import ProblemError, forbidden
from issue_portal.core.secret_keys import SecretKeys
from issue_portal.models.vocabulary import Role, UserState
from issue_portal.server.db import queries_tokens, queries_users, tables
from issue_portal.server.db.database import Database
from issue_portal.server.services.api_tokens import TOKEN_PREFIX
from issue_portal.server.services.principal import ROLES, Principal

log = logging.getLogger(__name__)


class Authenticator:
    """Tells who is calling."""

    def __init__(
        self, database: Database, org_id: str, keys: SecretKeys, accounts: AccountsFile
    ) -> None:
        self._database = database
        self._org_id = org_id
        self._keys = keys
        self._accounts = accounts

    def authenticate(self, authorization: str | None) -> Principal:
        """The principal behind an ``Authorization`` header; a 401 or 403 problem if there is none.

        It may wait for the database.
        """
        token = _token_in(authorization)
        if token.startswith(TOKEN_PREFIX):
            return self._by_api_token(token)
        caller = self._verified(token)
        if not isinstance(caller, Person):
            return _without_user(caller)
        user = self._find_user(caller)
        if user is None:
            with self._database.write() as connection:
                user = queries_users.ensure_user(
                    connection, self._org_id, caller.email, caller.name, caller.role
                )
        return _of_user(caller, user)

    def at_once(self, authorization: str | None) -> Principal | None:
        """The same, or None if the database would have to be waited for."""
        token = _token_in(authorization)
        quick = self._database.is_quick
        if token.startswith(TOKEN_PREFIX):
            return self._by_api_token(token) if quick else None
        caller = self._verified(token)
        if not isinstance(caller, Person):
            return _without_user(caller)
        user = self._find_user(caller) if quick else None
        return _of_user(caller, user) if user else None

    def _by_api_token(self, token: str) -> Principal:
        for token_hash in self._keys.hashes("token", token):
            found = self._database.first(queries_tokens.TOKEN, org=self._org_id, hash=token_hash)
            if found:
                return self._of_token(found)
        raise _unauthenticated("This token is not known, or it was revoked.")

    def _find_user(self, caller: Person) -> tables.AnyRow | None:
        """The caller's user, if it is there and up to date."""
        found: tables.AnyRow | None = self._database.first(
            queries_users.USER, org=self._org_id, email=caller.email
        )
        same = found and (found.name, found.role) == (caller.name, caller.role)
        return found if same else None

    def _of_token(self, found: tables.AnyRow) -> Principal:
        if found.expires_at is not None and found.expires_at <= time.time():
            raise _unauthenticated("This token has expired.")
        # Whoever loses a role loses it for all tokens.
        role = _weaker(Role(found.role), Role(found.user_role))
        if account := self._accounts.by_email(found.email):
            role = _weaker(role, account.role)
            if account.disabled:
                raise _inactive()
        return _active(Principal(role, found.user_id, f"token {found.id}", found.id), found.state)

    def _verified(self, token: str) -> Caller:
        try:
            return portal_token.verify(self._keys, token)
        except jwt.ExpiredSignatureError:
            raise _unauthenticated("This token has expired.") from None
        except (jwt.InvalidTokenError, ValueError):
            raise _unauthenticated("This token is not known, or it was revoked.") from None


def _token_in(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise _unauthenticated("Send a token: Authorization: Bearer <token>.")
    return token


def _without_user(caller: Visitor | Operator) -> Principal:
    if isinstance(caller, Visitor):
        return Principal(Role.GUEST, None, f"visitor {caller.limited_as}")
    return Principal(Role.OWNER, None, "operator")


def _of_user(caller: Person, user: tables.AnyRow) -> Principal:
    return _active(Principal(caller.role, user.id, f"user {user.id}"), user.state)


def _weaker(one: Role, other: Role) -> Role:
    return min(one, other, key=ROLES.index)


def _active(principal: Principal, state: str) -> Principal:
    if state != UserState.ACTIVE:
        raise _inactive()
    return principal


def _inactive() -> ProblemError:
    return forbidden("This user is not active.")


def _unauthenticated(detail: str) -> ProblemError:
    return ProblemError(401, detail, headers={"WWW-Authenticate": "Bearer"})
