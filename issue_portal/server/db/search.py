"""Text search for any part of a description, in any case and language, by a trigram index.

The index finds candidates; a plain comparison decides. It covers the table ``issue_text``, which
triggers maintain: FTS5 on SQLite, GIN over the function ``issue_trigrams`` on PostgreSQL, without
extensions. A search for one or two characters has no trigram, so it reads all texts that match the
other filters.
"""

import re
import unicodedata
from collections.abc import Sequence

from sqlalchemy import (
    ColumnElement,
    Connection,
    Integer,
    bindparam,
    func,
    literal_column,
    text,
)

from issue_portal.models.text_rules import limit_combining_marks
from issue_portal.server.db.tables import issues

_LENGTH = 3

_MOST_CANDIDATES = 2_000
"""Most candidates to check one by one; beyond that, other ways are faster."""

_CANDIDATES = text("SELECT rowid FROM issue_text WHERE issue_text MATCH :trigrams LIMIT :most")


_EXPANDING = re.compile(
    "[\u3307\u3315-\u3317\u3319\u331a\u3320\u332b\u332e\u3332\u3334\u3336\u3347\u334a\u3356"
    "\u33ae\u33af\ufdfa\ufdfb]+"
)
"""Characters that NFKC expands to five or more (U+FDFA: 18), which would fill the disk."""


def fold(text: str) -> str:
    """Return the caseless compatibility form of a text, for comparison.

    It has at most four characters per character of ``text``.
    """
    text = limit_combining_marks(text)
    kept = _EXPANDING.findall(text)
    parts = [_casefold(part) for part in _EXPANDING.split(text)]
    return parts[0] + "".join(a + b for a, b in zip(kept, parts[1:], strict=True))


def _casefold(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def find_candidates(connection: Connection, search: str) -> tuple[int, ...] | None:
    """Return the keys of all issues that may contain ``search``.

    Returns None on PostgreSQL, for a search without trigrams, and if there are too many.
    """
    if connection.dialect.name == "postgresql" or not (query := _build_match_query(search)):
        return None
    values = {"trigrams": query, "most": _MOST_CANDIDATES + 1}
    keys = connection.execute(_CANDIDATES, values).scalars().all()
    return tuple(keys) if len(keys) <= _MOST_CANDIDATES else None


def match_text(dialect: str, search: str, *, indexed: bool = True) -> ColumnElement[bool]:
    """Return the condition that a description contains ``search``, with or without the index."""
    folded = fold(search)
    if dialect == "postgresql":
        condition = func.strpos(issues.c.search_text, folded) > 0
        if indexed and (trigrams := _split_trigrams(folded)):
            condition &= text(
                "(issues.org_id, issues.id) IN (SELECT org_id, issue_id FROM issue_text"
                " WHERE issue_trigrams(search_text) @> CAST(:trigrams AS text[]))"
            ).bindparams(bindparam("trigrams", trigrams, unique=True))
        return condition
    condition = func.instr(issues.c.search_text, folded) > 0
    if indexed and (query := _build_match_query(search)):
        condition &= text(
            "issues.key IN (SELECT rowid FROM issue_text WHERE issue_text MATCH :trigrams)"
        ).bindparams(bindparam("trigrams", query, unique=True))
    return condition


def match_candidates(keys: Sequence[int], search: str) -> ColumnElement[bool]:
    """Return the condition that an issue is a candidate and contains ``search``."""
    key: ColumnElement[int] = literal_column("issues.key", Integer)
    return key.in_(keys) & (func.instr(issues.c.search_text, fold(search)) > 0)


def _build_match_query(search: str) -> str:
    """Return the FTS5 query for a search; "" if it is too short for the index."""
    trigrams = _split_trigrams(fold(search))
    return " ".join('"' + trigram.replace('"', '""') + '"' for trigram in trigrams)


def _split_trigrams(folded: str) -> list[str]:
    """Return the fewest trigrams that cover the whole text."""
    starts = [*range(0, len(folded) - _LENGTH, _LENGTH), len(folded) - _LENGTH]
    return list(dict.fromkeys(folded[start : start + _LENGTH] for start in starts if start >= 0))
