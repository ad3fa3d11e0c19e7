"""The meaning of a search for issues: by number, text, reporter or project."""

import re
import unicodedata
from typing import Final

from issue_portal.models.responses import Issue

_NUMBER: Final = re.compile(r"[#\uff03]?(\d{1,16})")
"""An issue number, in the digits of any script. U+FF03 is the full-width number sign."""

_HIGHEST_NUMBER: Final = 2**53
"""Highest number that lists accept in ``numbers``."""


def parse_issue_number(text: str) -> int | None:
    """Return the number if ``text`` is an issue number such as ``#299`` or ``299``, else None."""
    match = _NUMBER.fullmatch(text.strip())
    number = int(match[1]) if match else None
    return None if number is None or number > _HIGHEST_NUMBER else number


def fold_text(text: str) -> str:
    """Return a text in lower case and in compatibility form (NFKC), for comparison."""
    return unicodedata.normalize("NFKC", text).casefold()


def matches_search(text: str, issue: Issue) -> bool | None:
    """Return whether a search for ``text`` finds an issue; None if the issue lacks fields.

    It finds an issue by its number, or by a part of its description, of its reporter's name or
    email address, or of its project's name or id.
    """
    reporter, project = issue.created_by, issue.project
    texts = [issue.description]
    texts += [reporter.name, reporter.email] if reporter else []
    texts += [project.name, project.id] if project else []
    wanted = fold_text(text)
    if any(wanted in fold_text(part) for part in texts if part):
        return True
    number = parse_issue_number(text)
    if number is not None and number == issue.issue_number:
        return True
    # `project` is also absent if the issue has none.
    required = {"description", "created_by"} | ({"issue_number"} if number is not None else set())
    return False if required <= issue.model_fields_set else None
