"""``user``: the people who can sign in at the portal."""

import re
import sys

import click

from issue_portal.cli.installation import opened_service
from issue_portal.cli.output import as_json, echo, print_json, print_table
from issue_portal.cli.token import check_email
from issue_portal.core import accounts
from issue_portal.core.accounts import Account, Accounts
from issue_portal.core.files import make_data_directory
from issue_portal.core.settings import FatalError, get_settings
from issue_portal.models.vocabulary import Role, UserState
from issue_portal.server.db import queries_users

password_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input."
)


@click.group()
def user() -> None:
    """The people who can sign in at the portal. Changes take effect at once."""


@user.command()
@click.argument("email", callback=check_email)
@click.option("--name", help="Shown to reviewers. Default: made from the address.")
@click.option("--username", help="To sign in with. Default: the address up to the @.")
@click.option(
    "--role",
    type=click.Choice([Role.MEMBER.value, Role.ADMIN.value, Role.OWNER.value]),
    default=Role.MEMBER.value,
    show_default=True,
    help="AppMember reports, AppAdmin and AppOwner review.",
)
@password_stdin
@as_json
def add(
    email: str,
    name: str | None,
    username: str | None,
    role: str,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Make an account and print its password, which is shown only now."""
    username = (username or email.partition("@")[0]).strip().lower()
    if not re.fullmatch(r"[\w.@+-]{1,64}", username):
        raise click.BadParameter("use letters, digits and . _ - + @ only", param_hint="--username")
    password, hashed = _password(password_stdin)
    make_data_directory(get_settings())
    with accounts.edit_accounts(get_settings()) as known:
        if username in known:
            raise FatalError(f"There is an account {username} already: choose another --username.")
        if email in {account.email for account in known.values()}:
            raise FatalError(f"There is an account with the address {email} already.")
        known[username] = Account(
            email=email,
            name=name or accounts.derive_name(email),
            role=Role(role),
            password=hashed,
        )
    _print_password(username, password, password_stdin, as_json)


@user.command("list")
@as_json
def list_users(as_json: bool) -> None:
    """Show who can sign in, and whom the API knows by a token or a report."""
    with opened_service() as service, service.database.read() as connection:
        rows = {row.email: row for row in queries_users.list_users(connection, service.org_id)}
    found: list[dict[str, str | None]] = []
    for username, account in accounts.load_accounts(get_settings()).items():
        row = rows.pop(account.email, None)
        inactive = account.disabled or (row is not None and row.state != UserState.ACTIVE)
        found.append(
            {
                "username": username,
                "email": account.email,
                "name": account.name,
                "role": account.role.value,
                "state": (UserState.INACTIVE if inactive else UserState.ACTIVE).value,
            }
        )
    for row in rows.values():
        found.append(
            {
                "username": None,
                "email": row.email,
                "name": row.name,
                "role": row.role,
                "state": row.state,
            }
        )
    if as_json:
        print_json(found)
    else:
        header = ("USERNAME", "EMAIL", "NAME", "ROLE", "STATE")
        print_table(header, [tuple(item.values()) for item in found])


@user.command()
@click.argument("who", metavar="USERNAME|EMAIL")
def disable(who: str) -> None:
    """End someone's sign-in and API tokens; what they reported stays."""
    _set_state(who, UserState.INACTIVE)
    echo(f"{who} is disabled.", err=True)


@user.command()
@click.argument("who", metavar="USERNAME|EMAIL")
def enable(who: str) -> None:
    """Undo `disable`."""
    _set_state(who, UserState.ACTIVE)
    echo(f"{who} is enabled.", err=True)


@user.command()
@click.argument("who", metavar="USERNAME|EMAIL")
@password_stdin
@as_json
def password(who: str, password_stdin: bool, as_json: bool) -> None:
    """Give someone a new password and print it, which happens only now."""
    new, hashed = _password(password_stdin)
    with accounts.edit_accounts(get_settings()) as known:
        username = _find(known, who)
        if username is None:
            raise FatalError(f"{who} has no account to sign in with: make one with `user add`.")
        known[username] = known[username].model_copy(update={"password": hashed})
    _print_password(username, new, password_stdin, as_json)


def _set_state(who: str, state: UserState) -> None:
    email = who.lower()
    # The file is written before the database commits: "Not done" is then true of both, or of the
    # database alone, in which case nobody is let in.
    with (
        opened_service() as service,
        service.database.write() as connection,
        accounts.edit_accounts(get_settings()) as known,
    ):
        username = _find(known, who)
        if username is not None:
            email = known[username].email
            disabled = state is UserState.INACTIVE
            known[username] = known[username].model_copy(update={"disabled": disabled})
        row = queries_users.find_user(connection, service.org_id, email)
        if row is not None:
            queries_users.set_user_state(connection, service.org_id, row.id, state)
        if username is None and row is None:
            raise FatalError(f"There is nobody called {who}: see `user list`.")


def _find(known: Accounts, who: str) -> str | None:
    who = who.lower()
    return next((name for name, account in known.items() if who in (name, account.email)), None)


def _password(from_stdin: bool) -> tuple[str, str]:
    new = sys.stdin.readline().rstrip("\r\n") if from_stdin else accounts.generate_password()
    try:
        return new, accounts.hash_password(new)
    except ValueError as error:
        raise FatalError(f"The password {error}.") from error


def _print_password(username: str, new: str, chosen: bool, as_json: bool) -> None:
    if as_json:
        print_json({"username": username} | ({} if chosen else {"password": new}))
    elif chosen:
        echo(f"The password of {username} is set.", err=True)
    else:
        echo(f"The password of {username}:", err=True)
        echo(new)
