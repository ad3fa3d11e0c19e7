"""Moving old issues out of the database into a file: written, read back, and only then deleted.

The file is compressed JSON lines: issues in the shape of the contract, each with its ``history``.
"""

import gzip
import hashlib
import json
import os
import secrets
import time
import zlib
from collections.abc import Iterator
from datetime import datetime
from itertools import groupby, islice
from pathlib import Path

from issue_portal.core import export_formats
from issue_portal.core.files import rename_without_overwriting
from issue_portal.core.settings import FatalError
from issue_portal.server.db import queries_history, queries_issues
from issue_portal.server.services import serializers
from issue_portal.server.services.issue_writer import IDEMPOTENCY_LIFETIME
from issue_portal.server.services.service import Service

_WRITTEN_AT_ONCE = 1000
_DELETED_AT_ONCE = 200
"""So few that writers hardly wait."""

Counts = dict[str, int]


def archive_issues(service: Service, closed_before: int, path: Path) -> Counts:
    """Move what was closed or deleted before that time to a new file; counts what was done.

    ``archived`` are in the file, ``removed`` went from the database, ``kept`` were changed in the
    meantime and stay in it. A file that is there is not written again: what it has is removed, so
    that an interrupted run can be repeated. Raises `FatalError` before anything is removed if the
    file cannot be written, or does not read back as it was written.
    """
    if not path.exists() and not _write_archive(service, closed_before, path):
        return {"archived": 0, "removed": 0, "kept": 0}
    archived = sum(1 for _ in _read_archive(path))
    removed = 0
    lines = _read_archive(path)
    while batch := list(islice(lines, _DELETED_AT_ONCE)):
        with service.database.write() as connection:
            removed += queries_issues.delete_unchanged(connection, service.org_id, dict(batch))
    return {"archived": archived, "removed": removed, "kept": _count_remaining(service, path)}


def _write_archive(service: Service, closed_before: int, path: Path) -> bool:
    """Returns whether there was anything to write."""
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        temporary.touch(mode=0o600)
        written = hashlib.sha256()
        nothing = written.digest()
        with gzip.open(temporary, "wb") as file:
            for line in _format_issues(service, closed_before):
                written.update(line)
                file.write(line)
        if written.digest() == nothing:
            return False
        read_back = hashlib.sha256()
        with gzip.open(temporary, "rb") as file:
            for line in file:
                read_back.update(line)
        if read_back.digest() != written.digest():
            raise FatalError(f"{path} does not read back as it was written: nothing was removed.")
        _sync(temporary)
        rename_without_overwriting(temporary, path)
        _sync(path.parent)
        return True
    except OSError as error:
        raise FatalError(f"Cannot write {path}: {error.strerror or error}.") from error
    finally:
        temporary.unlink(missing_ok=True)


def _format_issues(service: Service, closed_before: int) -> Iterator[bytes]:
    # A report that may still be repeated is not forgotten: it would be stored again.
    created_before = min(closed_before, int(time.time()) - IDEMPOTENCY_LIFETIME)
    number = 0
    with service.database.read() as connection:
        while rows := queries_issues.list_archivable(
            connection,
            service.org_id,
            created_before=created_before,
            closed_before=closed_before,
            above=number,
            limit=_WRITTEN_AT_ONCE,
        ):
            number = rows[-1].number
            ids = [row.id for row in rows]
            events = queries_history.list_histories(connection, service.org_id, ids)
            histories = {
                issue_id: serializers.serialize_history(entries, with_actors=True)
                for issue_id, entries in groupby(events, lambda event: event.issue_id)
            }
            for row in rows:
                issue = serializers.serialize_issue(row, with_project=True)
                issue["history"] = histories.get(row.id, [])
                yield (
                    export_formats.escape_line_breaks(
                        json.dumps(issue, ensure_ascii=False)
                    ).encode()
                    + b"\n"
                )


def _read_archive(path: Path) -> Iterator[tuple[str, int]]:
    """The id of each issue in the file, and when it was last changed."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                issue = json.loads(line)
                _ = issue["history"]
                yield issue["id"], int(datetime.fromisoformat(issue["updated_at"]).timestamp())
    except (EOFError, zlib.error, gzip.BadGzipFile, KeyError, TypeError, ValueError) as error:
        raise FatalError(f"{path} is not an archive, or damaged: nothing is removed.") from error
    except OSError as error:
        raise FatalError(f"Cannot read {path}: {error.strerror}.") from error


def _count_remaining(service: Service, path: Path) -> int:
    left = 0
    ids = (issue_id for issue_id, _ in _read_archive(path))
    while batch := list(islice(ids, _WRITTEN_AT_ONCE)):
        with service.database.read() as connection:
            left += queries_issues.count_existing(connection, service.org_id, batch)
    return left


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
