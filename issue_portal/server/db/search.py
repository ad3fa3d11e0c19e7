"""Text search for any part of a description, in any case and language, by a trigram index.

The index finds candidates, and a comparison of their texts then removes false matches. The index
covers the table ``issue_text``, which triggers maintain. On SQLite, it is an FTS5 table; on
PostgreSQL, a GIN index over the function ``issue_trigrams``, without extensions. One or two
characters have no trigram, so a search for them reads all texts that match the other filters.

A query of its own reads the index first: in a larger query, PostgreSQL may call
``issue_trigrams`` for each row in place of using the index, which takes 0.1 ms for a short text
and 50 ms for a long one.
"""

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnExpressionArgument, Connection, TextClause, bindparam, func, text

from issue_portal.models.text_rules import limit_combining_marks
from issue_portal.server.db.tables import issues

Keys = tuple[int, ...] | tuple[str, ...]
"""Keys of issues, as `CANDIDATES` finds them."""

_TRIGRAM_LENGTH = 3

MAX_CANDIDATES = 2_000
"""Most candidates whose keys a query lists. For more, reading the texts is faster."""

KEY_COLUMN = {"sqlite": "issues.key", "postgresql": "issues.id"}

_LISTED = {
    "sqlite": "IN (SELECT value FROM json_each(:{}))",
    "postgresql": "= ANY(CAST(:{} AS text[]))",
}

INDEXED = "issues.key IN (SELECT rowid FROM issue_text WHERE issue_text MATCH :trigrams)"
"""The condition that uses the index, for the parameter ``trigrams``; on SQLite only."""

CANDIDATES = {
    "sqlite": "SELECT rowid FROM issue_text WHERE issue_text MATCH :trigrams",
    "postgresql": "SELECT issue_id FROM issue_text"
    " WHERE issue_trigrams(search_text) @> CAST(:trigrams AS text[])",
}
"""The query for the keys of the issues that may match, by database.

A key is an integer on SQLite, and the id on PostgreSQL.
"""


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


def find_candidates(connection: Connection, search: str) -> Keys | None:
    """Return the keys of all issues that may contain ``search``.

    Returns None if ``search`` has no trigrams, and for more than `MAX_CANDIDATES` issues.
    """
    dialect = connection.dialect.name
    if not (trigrams := list_trigrams(dialect, search)):
        return None
    query = text(f"{CANDIDATES[dialect]} LIMIT :limit")
    return read_candidates(connection, query, {"trigrams": trigrams})


def read_candidates(
    connection: Connection, query: TextClause, values: Mapping[str, Any]
) -> Keys | None:
    """Return the keys that a query with a limit finds; None for more than `MAX_CANDIDATES`."""
    limit = MAX_CANDIDATES + 1
    keys = connection.execute(query, {**values, "limit": limit}).scalars().all()
    return tuple(keys) if len(keys) < limit else None


def list_trigrams(dialect: str, search: str) -> str | list[str]:
    """Return the value of the parameter ``trigrams``; empty if the search is too short for it."""
    trigrams = _split_trigrams(fold(search))
    if dialect == "postgresql":
        return trigrams
    return " ".join('"' + trigram.replace('"', '""') + '"' for trigram in trigrams)


def encode_list(dialect: str, items: Sequence[str] | Keys) -> str | list[Any]:
    """Return the value of the parameter for a list of ids or keys, of any length."""
    return list(items) if dialect == "postgresql" else json.dumps(items)


def build_is_listed(dialect: str, column: str, parameter: str) -> str:
    """Return the condition that a column is one of the items in a parameter (`encode_list`)."""
    return f"{column} {_LISTED[dialect].format(parameter)}"


def build_conditions(dialect: str) -> dict[str, ColumnExpressionArgument[bool]]:
    """Return the conditions of a search, by name.

    ``folded`` compares the text, ``trigrams`` uses the index (on SQLite only), and
    ``candidate_keys`` are the keys of issues.
    """
    find = func.strpos if dialect == "postgresql" else func.instr
    contains = find(issues.c.search_text, bindparam("folded"))
    candidates = text(build_is_listed(dialect, KEY_COLUMN[dialect], "candidate_keys"))
    return {"folded": contains > 0, "trigrams": text(INDEXED), "candidate_keys": candidates}


def _split_trigrams(folded: str) -> list[str]:
    """Return the fewest trigrams that cover the whole text."""
    starts = [
        *range(0, len(folded) - _TRIGRAM_LENGTH, _TRIGRAM_LENGTH),
        len(folded) - _TRIGRAM_LENGTH,
    ]
    return list(
        dict.fromkeys(folded[start : start + _TRIGRAM_LENGTH] for start in starts if start >= 0)
    )
