"""Backups: rows, secret key, accounts and revoked sign-ins in one compressed text file.

A backup can be restored to SQLite or PostgreSQL. Its lines are JSON: a header, the rows of each
table, and a checksum.
"""

import base64
import gzip
import hashlib
import json
import zlib
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection, LargeBinary, MetaData, Table, func, insert, inspect, select
from sqlalchemy.exc import SQLAlchemyError

from issue_portal.core.accounts import load_accounts
from issue_portal.core.files import replace_when_complete, write_private_file
from issue_portal.core.revoked_sign_ins import RevokedName, read_revoked, restore_revoked
from issue_portal.core.secret_keys import SecretKeys, load_keys, parse_keys
from issue_portal.core.settings import FatalError, Settings
from issue_portal.server.db import count_rollups
from issue_portal.server.db.database import Database
from issue_portal.server.db.tables import (
    history,
    idempotency,
    issues,
    organisations,
    projects,
    repeatable_calls,
    tokens,
    users,
)

FILES = ("secret.key", "accounts.yaml")
"""Files in the backup. Without the key, receipts and tokens cannot be verified."""

# Tables with the columns to sort their rows by. Referenced tables come first.
_TABLES = {
    organisations: (organisations.c.org_id,),
    users: (users.c.org_id, users.c.id),
    tokens: (tokens.c.org_id, tokens.c.id),
    issues: (issues.c.org_id, issues.c.number),
    history: (history.c.org_id, history.c.issue_id, history.c.position),
    idempotency: (idempotency.c.org_id, idempotency.c.key_hash),
    projects: (projects.c.org_id, projects.c.id),
    repeatable_calls: (repeatable_calls.c.org_id, repeatable_calls.c.key_hash),
}
_MALFORMED = (ArithmeticError, LookupError, RecursionError, TypeError, ValueError)
"""Exceptions that parsing a malformed file can raise."""

_BATCH = 1000
_LONGEST_LINE = 100 * 2**20

Counts = dict[str, int]
"""Rows per table."""


def write_backup(database: Database, settings: Settings, keys: SecretKeys, path: Path) -> Counts:
    """Write a consistent backup and verify it. The database can be in use.

    Nothing appears at ``path`` before the backup is verified. Raises `FatalError` if it cannot be
    written.
    """
    if path.exists():
        raise FatalError(f"{path} already exists: choose another name for the backup.")
    try:
        with replace_when_complete(path, overwrite=False) as temporary:
            with gzip.open(temporary, "wt", compresslevel=3, encoding="utf-8") as file:
                digest = hashlib.sha256()
                for line in _dump_lines(database, settings, keys):
                    digest.update(line.encode())
                    file.write(line)
                file.write(_dump_json({"sha256": digest.hexdigest()}))
            return verify_backup(temporary)
    except OSError as error:
        raise FatalError(f"Cannot write {path}: {error.strerror or error}.") from error


def verify_backup(path: Path) -> Counts:
    """Read a backup and count its rows. Raises `FatalError` if it is incomplete or damaged."""
    digest = hashlib.sha256()
    counts: Counts = {}
    table, last = "", ""
    for line in _read_lines(path):
        if last:
            digest.update(last.encode())
            if last.startswith('{"table"'):
                table = json.loads(last)["table"]
                counts[table] = 0
            elif last.startswith("["):
                counts[table] += 1
        last = line
    if last != _dump_json({"sha256": digest.hexdigest()}):
        raise FatalError(f"{path} is damaged: its end is missing or its checksum is wrong.")
    return counts


def restore_backup(
    database: Database, settings: Settings, path: Path, *, other_key: bool = False
) -> Counts:
    """Restore the rows and files of a backup to a new database, all or nothing.

    Raises `FatalError` if the backup is damaged, the database is in use, or (unless ``other_key``)
    another secret key is configured, which would void receipts and tokens.
    """
    try:
        counts = verify_backup(path)
        lines = _read_lines(path)
        header = _Header.model_validate_json(next(lines))
    except _MALFORMED as error:
        raise FatalError(f"{path} is not a backup that this program can read.") from error
    if not other_key:
        _check_same_key(settings, header)
    files = _list_files(settings, header)
    if database.read_revision() is None:
        database.migrate(header.revision)
    try:
        with database.write() as connection:
            _check_empty(connection, database.read_revision() == header.revision)
            reflected = MetaData()
            names = [table.name for table in _TABLES]
            # Earlier versions have fewer tables.
            reflected.reflect(connection, only=lambda name, _: name in names)
            connection.execute(organisations.delete())
            for table, columns, rows in _read_batches(lines):
                if rows:
                    _insert_rows(connection, reflected.tables[table], columns, rows)
            if inspect(connection).has_table("issue_counts"):
                for org_id in connection.scalars(select(organisations.c.org_id)).all():
                    count_rollups.rebuild(connection, org_id)
            # Write before the commit, so that an interrupted restore can be repeated.
            _write_files(settings, header, files)
            fingerprint = load_keys(settings).fingerprints()[0]
            if other_key and "key_fingerprint" in reflected.tables["organisations"].c:
                statement = reflected.tables["organisations"].update()
                connection.execute(statement.values(key_fingerprint=fingerprint))
    except (*_MALFORMED, SQLAlchemyError) as error:
        raise FatalError(f"{path} has rows that do not fit this database.") from error
    database.migrate()
    load_accounts(settings)
    return counts


class _Header(BaseModel):
    revision: str
    key: str
    files: dict[str, str]
    ended: dict[RevokedName, float] = {}
    """The revoked sign-ins, with the time at which each would have expired."""


def _check_same_key(settings: Settings, header: _Header) -> None:
    secret = settings.secret_key.get_secret_value() or header.files.get("secret.key", "").strip()
    if not (secret and header.key in parse_keys(secret).fingerprints()):
        raise FatalError(
            "This backup was made with another ISSUES_SECRET_KEY. Set that key; or use --other-key,"
            " which voids the receipts, API tokens and sign-ins of the backup."
        )


def _list_files(settings: Settings, header: _Header) -> dict[Path, str]:
    """Return the text of each file to restore; raises `FatalError` if a different file exists."""
    files = {settings.data_dir / name: header.files[name] for name in FILES if name in header.files}
    for file, text in files.items():
        if file.exists() and file.read_text() != text:
            raise FatalError(f"{file} belongs to another installation: use a new ISSUES_DATA_DIR.")
    return files


def _write_files(settings: Settings, header: _Header, files: Mapping[Path, str]) -> None:
    for file, text in files.items():
        write_private_file(file, text, replace=True)
    restore_revoked(settings, header.ended)


def _dump_lines(database: Database, settings: Settings, keys: SecretKeys) -> Iterator[str]:
    paths = {name: settings.data_dir / name for name in FILES}
    header = {
        "issue-portal-backup": 1,
        "revision": database.read_revision(),
        "key": keys.fingerprints()[0],
        "files": {name: path.read_text() for name, path in paths.items() if path.exists()},
        "ended": read_revoked(settings),
    }
    yield _dump_json(header)
    with database.read() as connection:
        for table, order in _TABLES.items():
            yield _dump_json({"table": table.name, "columns": table.columns.keys()})
            query = select(table).order_by(*order).execution_options(yield_per=_BATCH)
            for row in connection.execute(query):
                yield _dump_json([_encode_value(value) for value in row])


def _read_batches(lines: Iterator[str]) -> Iterator[tuple[str, list[str], list[list[Any]]]]:
    table = ""
    columns: list[str] = []
    while batch := [json.loads(line) for line in islice(lines, _BATCH)]:
        rows: list[list[Any]] = []
        for item in batch:
            if isinstance(item, list):
                rows.append(item)
                continue
            yield table, columns, rows
            rows = []
            if "table" in item:
                table, columns = item["table"], item["columns"]
        yield table, columns, rows


def _insert_rows(
    connection: Connection, table: Table, columns: list[str], rows: list[list[Any]]
) -> None:
    binary = {name for name in columns if isinstance(table.c[name].type, LargeBinary)}
    values = [
        {
            name: base64.b64decode(value) if name in binary and value is not None else value
            for name, value in zip(columns, row, strict=True)
        }
        for row in rows
    ]
    connection.execute(insert(table), values)


def _check_empty(connection: Connection, same_revision: bool) -> None:
    row_count = sum(
        connection.execute(select(func.count()).select_from(table)).scalar_one()
        for table in (users, tokens, issues)
    )
    if row_count or not same_revision:
        raise FatalError("This database is in use: restore the backup to a new one.")


def _encode_value(value: Any) -> Any:
    return base64.b64encode(value).decode() if isinstance(value, bytes) else value


def _dump_json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")) + "\n"


def _read_lines(path: Path) -> Iterator[str]:
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            first = file.readline(_LONGEST_LINE)
            if not first.startswith('{"issue-portal-backup":1,'):
                raise FatalError(f"{path} is not a backup of this program.")
            yield first
            while line := file.readline(_LONGEST_LINE):
                yield line
    except gzip.BadGzipFile as error:
        raise FatalError(f"{path} is not a backup of this program.") from error
    except (EOFError, zlib.error, UnicodeDecodeError) as error:
        raise FatalError(f"{path} is damaged: {error}.") from error
    except OSError as error:
        raise FatalError(f"Cannot read {path}: {error.strerror or error}.") from error
