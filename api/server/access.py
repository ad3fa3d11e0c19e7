"""Who is calling: from a bearer token to a principal. All of the API's authentication is here."""

import secrets
import time
from dataclasses import dataclass

import jwt

from api import portal_token
from api.contract import Role, UserState
from api.keys import Keys
from api.server import store
from api.server.database import Database
from api.server.problems import ProblemError, forbidden

TOKEN_PREFIX = "ipat_"  # noqa: S105


@dataclass(frozen=True)
class Principal:
    """The caller of one request. A visitor has no user id."""

    role: Role
    user_id: str | None

    @property
    def is_guest(self) -> bool:
        """Whether this is a visitor, or a token that may do no more than one."""
        return self.role is Role.GUEST

    @property
    def is_admin(self) -> bool:
        """Whether this is a reviewer."""
        return self.role in (Role.ADMIN, Role.OWNER)


def authenticate(
    database: Database, org_id: str, keys: Keys, authorization: str | None
) -> Principal:
    """The principal behind an ``Authorization`` header; a 401 or 403 problem if there is none."""
    scheme, _, token = (authorization or "").partition(" ")
    token = token.strip()
    if scheme.lower() != "bearer" or not token:
        raise _unauthenticated("Send a token: Authorization: Bearer <token>.")
    if token.startswith(TOKEN_PREFIX):
        return _by_api_token(database, org_id, keys, token)
    return _by_portal_token(database, org_id, keys, token)


def create_token(
    database: Database, org_id: str, keys: Keys, email: str, role: Role, expires_at: int | None
) -> str:
    """Make an API token for a user, who is created if need be. Only its hash is stored."""
    token = TOKEN_PREFIX + secrets.token_urlsafe(32)
    with database.write() as connection:
        user = store.find_user(connection, org_id, email)
        name = user.name if user else name_of(email)
        user = store.ensure_user(connection, org_id, email, name, role)
        store.add_token(connection, org_id, keys.hash("token", token), user.id, role, expires_at)
    return token


def name_of(email: str) -> str:
    """A name for someone of whom only the address is known: ``a.b@c.d`` is A B."""
    return email.partition("@")[0].replace(".", " ").replace("_", " ").title()


def _by_api_token(database: Database, org_id: str, keys: Keys, token: str) -> Principal:
    with database.read() as connection:
        found = store.find_token(connection, org_id, keys.hash("token", token))
    if found is None:
        raise _unauthenticated("This token is not known, or it was revoked.")
    if found.expires_at is not None and found.expires_at <= time.time():
        raise _unauthenticated("This token has expired.")
    return _active(Principal(Role(found.role), found.user_id), found.state)


def _by_portal_token(database: Database, org_id: str, keys: Keys, token: str) -> Principal:
    try:
        person = portal_token.verify(keys.derive("portal"), token)
    except jwt.ExpiredSignatureError:
        raise _unauthenticated("This token has expired.") from None
    except (jwt.InvalidTokenError, ValueError):
        raise _unauthenticated("This token is not known, or it was revoked.") from None
    if person is None:
        return Principal(Role.GUEST, None)
    with database.read() as connection:
        user = store.find_user(connection, org_id, person.email)
    if user is None or (user.name, user.role) != (person.name, person.role):
        with database.write() as connection:
            user = store.ensure_user(connection, org_id, person.email, person.name, person.role)
    return _active(Principal(person.role, user.id), user.state)


def _active(principal: Principal, state: str) -> Principal:
    if state != UserState.ACTIVE:
        raise forbidden("This user is not active.")
    return principal


def _unauthenticated(detail: str) -> ProblemError:
    return ProblemError(401, detail, headers={"WWW-Authenticate": "Bearer"})
