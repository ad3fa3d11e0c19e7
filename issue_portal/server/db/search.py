"""Text search for any part of a description, in any case and language, by a trigram index.

The index finds candidates, and a comparison of their texts then removes false matches. The index
covers the table ``issue_text``, which triggers maintain. On SQLite, it is an FTS5 table; on
PostgreSQL, a GIN index over the function ``issue_trigrams``, without extensions. One or two
characters have no trigram, so a search for them reads all texts that match the other filters.
"""

import re
import unicodedata
from typing import Any

from sqlalchemy import ColumnExpressionArgument, Connection, bindparam, func, text

from issue_portal.models.text_rules import limit_combining_marks
from issue_portal.server.db.tables import issues

_TRIGRAM_LENGTH = 3

MAX_CANDIDATES = 2_000
"""Most candidates whose keys a query lists. For more, a subquery (`match_text`) is faster."""

_INDEXED_IN_POSTGRESQL = (
    "(issues.org_id, issues.id) IN (SELECT org_id, issue_id FROM issue_text"
    " WHERE issue_trigrams(search_text) @> CAST(:trigrams AS text[]))"
)
_INDEXED_IN_SQLITE = "issues.key IN (SELECT rowid FROM issue_text WHERE issue_text MATCH :trigrams)"

_CANDIDATES = text("SELECT rowid FROM issue_text WHERE issue_text MATCH :trigrams LIMIT :limit")


_EXPANDING_CHARACTERS = re.compile(
    "[\u3307\u3315-\u3317\u3319\u331a\u3320\u332b\u332e\u3332\u3334\u3336\u3347\u334a\u3356"
    "\u33ae\u33af\ufdfa\ufdfb]+"
)
"""Characters that NFKC expands to five or more (U+FDFA: 18). `fold` keeps them, to save disk."""


def fold(original: str) -> str:
    """Return a text in lower case and in compatibility form (NFKC), for comparison.

    The result is at most four times as long as the original.
    """
    if original.isascii():
        return original.lower()
    limited = limit_combining_marks(original)
    kept = _EXPANDING_CHARACTERS.findall(limited)
    parts = [_casefold(part) for part in _EXPANDING_CHARACTERS.split(limited)]
    return parts[0] + "".join(a + b for a, b in zip(kept, parts[1:], strict=True))


def _casefold(original: str) -> str:
    # NFKC comes first because it turns compatibility characters into letters, also capitals. It
    # comes again because `casefold` can return text that is no longer in NFKC.
    folded = unicodedata.normalize("NFKC", original).casefold()
    return unicodedata.normalize("NFKC", folded)


def find_candidates(connection: Connection, search: str) -> tuple[int, ...] | None:
    """Return the keys of all issues that may contain ``search``.

    Returns None on PostgreSQL, if ``search`` has no trigrams, and for more than
    `MAX_CANDIDATES` issues.
    """
    if connection.dialect.name == "postgresql" or not (query := _build_match_query(search)):
        return None
    values = {"trigrams": query, "limit": MAX_CANDIDATES + 1}
    keys = connection.execute(_CANDIDATES, values).scalars().all()
    return tuple(keys) if len(keys) <= MAX_CANDIDATES else None


def list_criteria(dialect: str, search: str) -> dict[str, Any]:
    """Return the values of a search, by the names of their conditions.

    ``trigrams`` is absent if the search is too short for the index.
    """
    folded = fold(search)
    trigrams = _split_trigrams(folded) if dialect == "postgresql" else _build_match_query(search)
    return {"folded": folded} | ({"trigrams": trigrams} if trigrams else {})


def get_indexed_condition(dialect: str) -> str:
    """Return the condition that uses the index, for the parameter ``trigrams``."""
    return _INDEXED_IN_POSTGRESQL if dialect == "postgresql" else _INDEXED_IN_SQLITE


def build_conditions(dialect: str) -> dict[str, ColumnExpressionArgument[bool]]:
    """Return the conditions of a search, by name.

    ``folded`` compares the text, ``trigrams`` uses the index, and ``candidate_keys`` are the keys
    of issues, as a JSON list.
    """
    find = func.strpos if dialect == "postgresql" else func.instr
    contains = find(issues.c.search_text, bindparam("folded"))
    indexed = text(get_indexed_condition(dialect))
    candidates = text("issues.key IN (SELECT value FROM json_each(:candidate_keys))")
    return {"folded": contains > 0, "trigrams": indexed, "candidate_keys": candidates}


def _build_match_query(search: str) -> str:
    """Return the FTS5 query for a search; "" if it is too short for the index."""
    trigrams = _split_trigrams(fold(search))
    return " ".join('"' + trigram.replace('"', '""') + '"' for trigram in trigrams)


def _split_trigrams(folded: str) -> list[str]:
    """Return the fewest trigrams that cover the whole text."""
    starts = [
        *range(0, len(folded) - _TRIGRAM_LENGTH, _TRIGRAM_LENGTH),
        len(folded) - _TRIGRAM_LENGTH,
    ]
    return list(
        dict.fromkeys(folded[start : start + _TRIGRAM_LENGTH] for start in starts if start >= 0)
    )
