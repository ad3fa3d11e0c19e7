"""Text search: any part of a description, in any case and language, found by an index of trigrams.

The index narrows a search down to the texts that have its trigrams; a plain comparison decides.
It is of the table ``issue_text``, which triggers keep like the issues: on SQLite one of FTS5, on
PostgreSQL one with a GIN index over the function ``issue_trigrams``, which needs no extension.
One or two characters have no trigram: such a search reads every text that the other filters leave.
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
"""Up to so many, looking at each is faster than any other way to find the right ones."""

_FEW = text("SELECT rowid FROM issue_text WHERE issue_text MATCH :trigrams LIMIT :most")


_EXPANDING = re.compile(
    "[\u3307\u3315-\u3317\u3319\u331a\u3320\u332b\u332e\u3332\u3334\u3336\u3347\u334a\u3356"
    "\u33ae\u33af\ufdfa\ufdfb]+"
)
"""Characters that stand for five or more (U+FDFA for 18): a text of them would fill the disk."""


def fold(text: str) -> str:
    """What a text and a search for it have in common: Unicode's caseless, compatible form.

    It has at most four characters for each of ``text``.
    """
    text = limit_combining_marks(text)
    kept = _EXPANDING.findall(text)
    parts = [_casefold(part) for part in _EXPANDING.split(text)]
    return parts[0] + "".join(a + b for a, b in zip(kept, parts[1:], strict=True))


def _casefold(text: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def find_candidates(connection: Connection, search: str) -> tuple[int, ...] | None:
    """On SQLite the keys of all issues that may contain ``search``, if those are few; else None."""
    if connection.dialect.name == "postgresql" or not (query := _build_match_query(search)):
        return None
    condition = (
        connection.execute(_FEW, {"trigrams": query, "most": _MOST_CANDIDATES + 1}).scalars().all()
    )
    return tuple(condition) if len(condition) <= _MOST_CANDIDATES else None


def match_text(dialect: str, search: str, *, indexed: bool = True) -> ColumnElement[bool]:
    """The condition that an issue's description contains ``search``, by the index or without."""
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
    """The same where all `find_candidates` are known."""
    key: ColumnElement[int] = literal_column("issues.key", Integer)
    return key.in_(keys) & (func.instr(issues.c.search_text, fold(search)) > 0)


def _build_match_query(search: str) -> str:
    """What to ask SQLite's index for; nothing if the search is too short for it."""
    trigrams = _split_trigrams(fold(search))
    return " ".join('"' + trigram.replace('"', '""') + '"' for trigram in trigrams)


def _split_trigrams(folded: str) -> list[str]:
    """As few as cover the whole text."""
    starts = [*range(0, len(folded) - _LENGTH, _LENGTH), len(folded) - _LENGTH]
    return list(dict.fromkeys(folded[start : start + _LENGTH] for start in starts if start >= 0))
