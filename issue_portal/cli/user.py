"""``user``: the people who can sign in to the portal."""

import re
import sys

import click

from issue_portal.cli.local_service import open_local_service
from issue_portal.cli.output import echo, json_option, print_json, print_table
from issue_portal.cli.token import check_email
from issue_portal.core import accounts
from issue_portal.core.accounts import Account, Accounts
from issue_portal.core.files import make_data_directory
from issue_portal.core.settings import FatalError, get_settings
from issue_portal.models.permissions import Action, may
from issue_portal.models.vocabulary import Role, UserState
from issue_portal.server.db import queries_users
from issue_portal.server.db.tables import AnyRow

password_stdin = click.option(
    "--password-stdin", is_flag=True, help="Read the password from standard input."
)


@click.group()
def user() -> None:
    """Manage the people who can sign in to the portal. Changes take effect at once."""


@user.command()
@click.argument("email", callback=check_email)
@click.option("--name", help="Shown to reviewers. Default: derived from the address.")
@click.option("--username", help="Name to sign in with. Default: the address up to the @.")
@click.option(
    "--role",
    type=click.Choice([role.value for role in Role if may(role, Action.CREATE_NAMED)]),
    default=Role.MEMBER.value,
    show_default=True,
    help="AppMember reports, AppAdmin and AppOwner review.",
)
@password_stdin
@json_option
def add(
    email: str,
    name: str | None,
    username: str | None,
    role: str,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Create an account and print its password, which cannot be shown again."""
    username = (username or email.partition("@")[0]).strip().lower()
    if not re.fullmatch(r"[\w.@+-]{1,64}", username):
        raise click.BadParameter("use only letters, digits and . _ - + @", param_hint="--username")
    password, hashed = _choose_password(password_stdin)
    make_data_directory(get_settings())
    with accounts.edit_accounts(get_settings()) as accounts_by_name:
        if username in accounts_by_name:
            raise FatalError(f"The account {username} already exists: choose another --username.")
        if email in {account.email for account in accounts_by_name.values()}:
            raise FatalError(f"An account with the address {email} already exists.")
        accounts_by_name[username] = Account(
            email=email,
            name=name or accounts.derive_name(email),
            role=Role(role),
            password=hashed,
        )
    if not as_json:
        echo(f"{email} signs in as {username}, or with the address.", err=True)
    _print_password(username, password, password_stdin, as_json)


@user.command("list")
@json_option
def list_users(as_json: bool) -> None:
    """List the people who can sign in, and the other users of the API.

    With a remote API (ISSUES_API_URL), only the people who can sign in.
    """
    rows: dict[str, AnyRow] = {}
    if not _has_remote_users():
        with open_local_service() as service, service.database.read() as connection:
            rows = {row.email: row for row in queries_users.list_users(connection, service.org_id)}
    users: list[dict[str, str | None]] = []
    for username, account in accounts.load_accounts(get_settings()).items():
        row = rows.pop(account.email, None)
        inactive = account.disabled or (row is not None and row.state != UserState.ACTIVE)
        users.append(
            {
                "username": username,
                "email": account.email,
                "name": account.name,
                "role": account.role.value,
                "state": (UserState.INACTIVE if inactive else UserState.ACTIVE).value,
            }
        )
    for row in rows.values():
        users.append(
            {
                "username": None,
                "email": row.email,
                "name": row.name,
                "role": row.role,
                "state": row.state,
            }
        )
    if as_json:
        print_json(users)
    else:
        header = ("USERNAME", "EMAIL", "NAME", "ROLE", "STATE")
        print_table(header, [tuple(item.values()) for item in users])


@user.command()
@click.argument("person", metavar="USERNAME|EMAIL")
def disable(person: str) -> None:
    """Block a person's sign-in and API tokens. Their issues stay.

    With a remote API (ISSUES_API_URL), blocks the sign-in only.
    """
    _set_state(person, UserState.INACTIVE)
    echo(f"{person} is disabled.", err=True)
    if _has_remote_users():
        echo("API tokens of the server at ISSUES_API_URL stay valid: revoke them there.", err=True)


@user.command()
@click.argument("person", metavar="USERNAME|EMAIL")
def enable(person: str) -> None:
    """Let a disabled person sign in again."""
    _set_state(person, UserState.ACTIVE)
    echo(f"{person} is enabled.", err=True)


@user.command()
@click.argument("person", metavar="USERNAME|EMAIL")
@password_stdin
@json_option
def password(person: str, password_stdin: bool, as_json: bool) -> None:
    """Set a new password and print it. It cannot be shown again."""
    new, hashed = _choose_password(password_stdin)
    with accounts.edit_accounts(get_settings()) as accounts_by_name:
        username = _find_username(accounts_by_name, person)
        if username is None:
            raise FatalError(f"{person} has no account: create one with `user add`.")
        accounts_by_name[username] = accounts_by_name[username].model_copy(
            update={"password": hashed}
        )
    _print_password(username, new, password_stdin, as_json)


def _set_state(person: str, state: UserState) -> None:
    email = person.lower()
    if _has_remote_users():
        with accounts.edit_accounts(get_settings()) as accounts_by_name:
            if _set_account_state(accounts_by_name, person, state) is None:
                raise FatalError(f"{person} has no account: see `user list`.")
        return
    # The accounts file is written before the database commits. If the commit then fails, `disable`
    # has already blocked the person in the file, and after `enable` the database still blocks them.
    with (
        open_local_service() as service,
        service.database.write() as connection,
        accounts.edit_accounts(get_settings()) as accounts_by_name,
    ):
        account = _set_account_state(accounts_by_name, person, state)
        if account is not None:
            email = account.email
        row = queries_users.find_user_by_email(connection, service.org_id, email)
        if row is not None:
            queries_users.set_user_state(connection, service.org_id, row.id, state)
        if account is None and row is None:
            raise FatalError(f"There is no user {person}: see `user list`.")


def _has_remote_users() -> bool:
    """Return whether the API's users are on another server, unrelated to the accounts here.

    If that server shares the secret key, it belongs to this installation and has the accounts, too.
    """
    settings = get_settings()
    return bool(settings.api_url) and not settings.api_shares_key


def _set_account_state(accounts_by_name: Accounts, person: str, state: UserState) -> Account | None:
    """Disable or enable a person's account; return it, or None if there is none."""
    username = _find_username(accounts_by_name, person)
    if username is None:
        return None
    account = accounts_by_name[username].model_copy(
        update={"disabled": state is UserState.INACTIVE}
    )
    accounts_by_name[username] = account
    return account


def _find_username(accounts_by_name: Accounts, person: str) -> str | None:
    person = person.lower()
    return next(
        (name for name, account in accounts_by_name.items() if person in (name, account.email)),
        None,
    )


def _choose_password(from_stdin: bool) -> tuple[str, str]:
    new = sys.stdin.readline().rstrip("\r\n") if from_stdin else accounts.generate_password()
    try:
        return new, accounts.hash_password(new)
    except ValueError as error:
        raise FatalError(f"The password {error}.") from error


def _print_password(username: str, new: str, from_stdin: bool, as_json: bool) -> None:
    if as_json:
        print_json({"username": username} | ({} if from_stdin else {"password": new}))
    elif from_stdin:
        echo(f"The password of {username} is set.", err=True)
    else:
        echo(f"The password of {username}:", err=True)
        echo(new)
