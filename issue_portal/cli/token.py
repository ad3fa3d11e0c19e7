"""``token``: API tokens for scripts."""

import time

import click

from issue_portal.cli.local_service import open_local_service
from issue_portal.cli.output import echo, format_day, json_option, print_json, print_table
from issue_portal.core.settings import FatalError
from issue_portal.models.text_rules import check_text
from issue_portal.models.vocabulary import TOKEN_NAME_LIMIT, Role, Scope
from issue_portal.server.db import queries_tokens
from issue_portal.server.services import api_tokens
from issue_portal.server.services.api_tokens import parse_scopes


@click.group()
def token() -> None:
    """Manage API tokens for scripts."""


def check_email(_: click.Context, __: click.Parameter, email: str) -> str:
    """Return an email address in lower case. Raises a usage error if it is invalid."""
    name, _at, host = email.partition("@")
    if not name or not host or email != email.strip() or len(email) > 320:
        raise click.BadParameter("not an email address")
    return email.lower()


def check_name(_: click.Context, __: click.Parameter, name: str | None) -> str | None:
    """Return the name of a token. Raises a usage error if the API would refuse the name."""
    if name is None:
        return None
    if len(name) > TOKEN_NAME_LIMIT:
        raise click.BadParameter(f"has more than {TOKEN_NAME_LIMIT} characters")
    try:
        return check_text(name)
    except ValueError as error:
        raise click.BadParameter(str(error)) from None


@token.command()
@click.option(
    "--email",
    required=True,
    callback=check_email,
    help="Email address of the token's user, who is created if missing.",
)
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role]),
    default=Role.MEMBER.value,
    show_default=True,
    help="Role of the token: AppMember reports, AppAdmin reviews.",
)
@click.option("--name", callback=check_name, help="What the token is for.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What the token may do; repeat it for several scopes. Default: all scopes.",
)
@click.option("--expires-in-days", type=click.IntRange(0, 36_500), help="Default: never.")
@json_option
def create(
    email: str,
    role: str,
    name: str | None,
    scopes: tuple[str, ...],
    expires_in_days: int | None,
    as_json: bool,
) -> None:
    """Create a token and print it. Only its hash is stored, so it cannot be shown again."""
    expires_at = None if expires_in_days is None else int(time.time()) + expires_in_days * 86_400
    with open_local_service() as service:
        new_token = api_tokens.create_token(
            service.database,
            service.org_id,
            service.keys,
            email,
            Role(role),
            expires_at,
            name=name,
            scopes=[Scope(scope) for scope in scopes] or None,
        )
    if as_json:
        print_json(
            {
                "id": new_token.id,
                "token": new_token.secret,
                "name": name,
                "email": email,
                "role": role,
                "scopes": [scope for scope in Scope if not scopes or scope in scopes],
                "expires_at": format_day(expires_at),
            }
        )
    else:
        echo(new_token.secret)


@token.command("list")
@json_option
def list_tokens(as_json: bool) -> None:
    """List all tokens with name, user, role, scopes, expiry and the day of their last use."""
    with open_local_service() as service, service.database.read() as connection:
        rows = queries_tokens.list_tokens(connection, service.org_id)
    entries = [
        {
            "id": row.id,
            "name": row.name,
            "email": row.email,
            "role": row.role,
            "scopes": sorted(parse_scopes(row.scopes)),
            "created_at": format_day(row.created_at),
            "expires_at": format_day(row.expires_at),
            "last_used_at": format_day(row.last_used_at),
        }
        for row in rows
    ]
    if as_json:
        print_json(entries)
    else:
        header = ("ID", "NAME", "EMAIL", "ROLE", "SCOPES", "CREATED", "EXPIRES", "LAST USED")
        lines = [entry | {"scopes": " ".join(entry["scopes"])} for entry in entries]
        print_table(header, [tuple(line.values()) for line in lines])


@token.command()
@click.argument("token_id")
def revoke(token_id: str) -> None:
    """Revoke a token at once. `token list` shows the ids."""
    with open_local_service() as service, service.database.write() as connection:
        if not queries_tokens.delete_token(connection, service.org_id, token_id):
            raise FatalError(f"There is no token {token_id}: see `token list` for the ids.")
    echo(f"{token_id} is revoked.", err=True)
