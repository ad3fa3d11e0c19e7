"""Moves old issues from the database to a file, which is verified before anything is deleted.

The file is compressed JSON Lines: issues as the API returns them, each with its ``history``.
"""

import gzip
import hashlib
import json
import time
import zlib
from collections.abc import Iterator
from datetime import datetime
from itertools import chain, groupby, islice
from pathlib import Path

from issue_portal.core import export_formats
from issue_portal.core.files import replace_when_complete, sync_directory
from issue_portal.core.settings import FatalError
from issue_portal.server.db import count_rollups, queries_archive, queries_history
from issue_portal.server.services import serializers
from issue_portal.server.services.issue_writer import IDEMPOTENCY_LIFETIME
from issue_portal.server.services.service import Service

_READ_BATCH = 1000
"""Issues per query."""

_DELETE_BATCH = 200
"""Issues per transaction that deletes. Other writers wait for the transaction."""

Counts = dict[str, int]


def archive_issues(service: Service, closed_before: int, path: Path) -> Counts:
    """Move issues that were closed or deleted before a time to a new file.

    ``closed_before`` is in seconds since 1970. Returns how many issues are in the file
    (``archived``), were removed from the database (``removed``), stay in the database because they
    changed in the meantime (``kept``), and were left out because clients may still repeat their
    reports (``recent``). If the file exists, removes the issues in it, so that an interrupted run
    can be repeated. Raises `FatalError`, and removes nothing, if the file cannot be written and
    verified.
    """
    recent = 0
    if not path.exists():
        # Archiving also deletes the idempotency record of a report, so a repeated report would be
        # stored twice.
        created_before = min(closed_before, int(time.time()) - IDEMPOTENCY_LIFETIME)
        with service.database.read() as connection:
            recent = queries_archive.count_recent(
                connection,
                service.org_id,
                created_since=created_before,
                closed_before=closed_before,
            )
        if not _write_archive(service, created_before, closed_before, path):
            return {"archived": 0, "removed": 0, "kept": 0, "recent": recent}
    archived = sum(1 for _ in _read_archive(path))
    removed = 0
    lines = _read_archive(path)
    while batch := list(islice(lines, _DELETE_BATCH)):
        with service.database.write() as connection:
            rows = queries_archive.delete_unchanged(connection, service.org_id, dict(batch))
            count_rollups.record(connection, service.org_id, removed=rows)
        removed += len(rows)
    return {
        "archived": archived,
        "removed": removed,
        "kept": _count_remaining(service, path),
        "recent": recent,
    }


def _write_archive(service: Service, created_before: int, closed_before: int, path: Path) -> bool:
    """Write the file and compare it with the data; return False if there is no issue to write."""
    lines = _format_issues(service, created_before, closed_before)
    first = next(lines, None)
    if first is None:
        return False
    try:
        with replace_when_complete(path, overwrite=False) as temporary:
            written, read_back = hashlib.sha256(), hashlib.sha256()
            with gzip.open(temporary, "wb") as file:
                for line in chain([first], lines):
                    written.update(line)
                    file.write(line)
            with gzip.open(temporary, "rb") as file:
                for line in file:
                    read_back.update(line)
            if read_back.digest() != written.digest():
                raise FatalError(
                    f"{path} does not have the content that was written. Nothing was removed."
                )
        sync_directory(path.parent)
    except OSError as error:
        raise FatalError(f"Cannot write {path}: {error.strerror or error}.") from error
    return True


def _format_issues(service: Service, created_before: int, closed_before: int) -> Iterator[bytes]:
    number = -1  # The numbers of imported issues may begin with 0.
    with service.database.read() as connection:
        while rows := queries_archive.list_archivable(
            connection,
            service.org_id,
            created_before=created_before,
            closed_before=closed_before,
            above=number,
            limit=_READ_BATCH,
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
    """Yield the id of each issue in the file and the time of its last change."""
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for line in file:
                issue = json.loads(line)
                _ = issue["history"]
                yield issue["id"], int(datetime.fromisoformat(issue["updated_at"]).timestamp())
    except (EOFError, zlib.error, gzip.BadGzipFile, KeyError, TypeError, ValueError) as error:
        raise FatalError(
            f"{path} is not an archive or is damaged. No issue was removed."
        ) from error
    except OSError as error:
        raise FatalError(f"Cannot read {path}: {error.strerror}.") from error


def _count_remaining(service: Service, path: Path) -> int:
    left = 0
    ids = (issue_id for issue_id, _ in _read_archive(path))
    while batch := list(islice(ids, _READ_BATCH)):
        with service.database.read() as connection:
            left += queries_archive.count_existing(connection, service.org_id, batch)
    return left
