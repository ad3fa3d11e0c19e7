"""Text search: any part of a description, in any case and language, found by an index of trigrams.

The index narrows a search down to the texts that have its trigrams; a plain comparison decides.
SQLite has them in the FTS5 table ``issue_text``, PostgreSQL in a GIN index over the function
``issue_trigrams``, which needs no extension. One or two characters have no trigram: such a search
reads every text that the other filters leave over.
"""

import unicodedata

from sqlalchemy import ColumnElement, Text, bindparam, func, text
from sqlalchemy.dialects.postgresql import ARRAY

from api.server.tables import issues

_LENGTH = 3


def fold(text: str) -> str:
    """What a text and a search for it have in common: Unicode's caseless, compatible form."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def contains(dialect: str, search: str) -> ColumnElement[bool]:
    """The condition that an issue's description contains ``search``."""
    folded = fold(search)
    trigrams = _trigrams(folded)
    if dialect == "postgresql":
        found = func.strpos(issues.c.search_text, folded) > 0
        if trigrams:
            found &= func.issue_trigrams(issues.c.search_text, type_=ARRAY(Text)).contains(trigrams)
        return found
    found = func.instr(issues.c.search_text, folded) > 0
    if trigrams:
        query = " ".join('"' + trigram.replace('"', '""') + '"' for trigram in trigrams)
        found &= text(
            "issues.key IN (SELECT rowid FROM issue_text WHERE issue_text MATCH :trigrams)"
        ).bindparams(bindparam("trigrams", query, unique=True))
    return found


def _trigrams(folded: str) -> list[str]:
    """As few as cover the whole text."""
    starts = [*range(0, len(folded) - _LENGTH, _LENGTH), len(folded) - _LENGTH]
    return list(dict.fromkeys(folded[start : start + _LENGTH] for start in starts if start >= 0))
