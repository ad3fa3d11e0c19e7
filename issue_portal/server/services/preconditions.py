"""Conditional requests: If-Match and If-None-Match (RFC 9110, section 13).

An issue that the caller may not see is a 404 first. A change of an outdated issue is a 412 even if
its current version would forbid the change: the caller must fetch the issue again to know.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from issue_portal.core.problems import ProblemError

_TAG: Final = re.compile(r'(?P<weak>W/)?(?P<tag>"[\x21\x23-\x7e\x80-\xff]*+")')
_TAGS: Final = re.compile(rf"(?:[ \t,]*+{_TAG.pattern}[ \t]*+(?=,|$))*+[ \t,]*+")
"""A list of tags, which may have empty elements (RFC 9110, section 5.6.1.2)."""


@dataclass(frozen=True)
class Preconditions:
    """The conditions of one request; None stands for a missing header."""

    if_match: str | None = None
    if_none_match: str | None = None

    def check_change(self, etag: str) -> None:
        """Raise a 412 if an issue with this entity tag must not be changed."""
        self._check_match(etag)
        if self._excludes(etag):
            raise ProblemError(412, "This issue still has the ETag that you excluded.")

    def is_not_modified(self, etag: str) -> bool:
        """Return whether the answer to a GET is a 304; raise a 412 if ``If-Match`` fails."""
        self._check_match(etag)
        return self._excludes(etag)

    def _check_match(self, etag: str) -> None:
        """Compare strongly: a weak tag in the header matches nothing.

        Ignore what the creator and the project are called: renaming them is no change of the issue.
        """
        if self.if_match is None or self.if_match.strip() == "*":
            return
        tags = _parse_tags(self.if_match)
        if _get_version(etag) not in (_get_version(tag["tag"]) for tag in tags if not tag["weak"]):
            raise ProblemError(412, "This issue has changed since you fetched it.")

    def _excludes(self, etag: str) -> bool:
        """Compare weakly: a weak tag matches, too."""
        if self.if_none_match is None:
            return False
        tags = [tag["tag"] for tag in _parse_tags(self.if_none_match)]
        return self.if_none_match.strip() == "*" or etag in tags


def _parse_tags(header: str) -> Sequence[re.Match[str]]:
    """Return the tags in a header; none if the header is malformed."""
    return tuple(_TAG.finditer(header)) if _TAGS.fullmatch(header) else ()


def _get_version(etag: str) -> str:
    """Return the part of an entity tag that changes with the issue itself."""
    return etag.partition("-")[0].strip('"')


NO_PRECONDITIONS: Final = Preconditions()
