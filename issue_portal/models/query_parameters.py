"""Types of query parameters, with their limits."""

import re
from typing import Annotated, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator, BeforeValidator, Field

from issue_portal.models.text_rules import DOCUMENTED_TEXT_PATTERN, check_text
from issue_portal.models.vocabulary import PAGE_SIZE_LIMIT, PageOrder

_LIST_LIMIT = 100
"""Maximum number of values in a list parameter."""


def split_commas(value: Any) -> Any:
    """Return the values of a list parameter, which commas separate, as a tuple."""
    if isinstance(value, str):
        value = [value]
    if isinstance(value, list | tuple):
        # Do not split the rest of a list that is too long: its error would name thousands.
        return tuple(part for item in value for part in str(item).split(",", _LIST_LIMIT))
    return value


def _check_digits(value: Any) -> Any:
    """Return the value of a number; raise ``ValueError`` for other spellings, such as ``1_0``."""
    if isinstance(value, str) and not re.fullmatch("[0-9]+", value):
        raise ValueError("must consist of digits")
    return value


_Digits = BeforeValidator(_check_digits)

Milliseconds = Annotated[int, Field(ge=0, le=2**53), _Digits]

PageNumber = Annotated[int, Field(ge=1, le=10**9), _Digits]

# The pattern is documented but not checked: other servers have other cursors.
Cursor = Annotated[str, Field(max_length=200, json_schema_extra={"pattern": "^[A-Za-z0-9_-]{24}$"})]

PageSize = Annotated[int, Field(ge=1, le=PAGE_SIZE_LIMIT), _Digits]

_ListedId = Annotated[
    str,
    Field(
        min_length=1,
        max_length=200,
        json_schema_extra={"pattern": DOCUMENTED_TEXT_PATTERN.replace("[^", "[^,")},
    ),
    AfterValidator(check_text),
]

Numbers = Annotated[
    tuple[Annotated[int, Field(ge=0, le=2**53), _Digits], ...],
    Field(max_length=_LIST_LIMIT),
    BeforeValidator(split_commas),
]

Ids = Annotated[tuple[_ListedId, ...], Field(max_length=_LIST_LIMIT), BeforeValidator(split_commas)]


def _drop_place_of_nulls(value: Any) -> Any:
    """Return an order without the place of nulls, which other servers know: no number is null."""
    return re.sub("_NULLS_(FIRST|LAST)$", "", value) if isinstance(value, str) else value


Order = Annotated[PageOrder, BeforeValidator(_drop_place_of_nulls)]


def _check_timezone(name: str) -> str:
    """Return ``name`` if it is an IANA time zone, else raise ``ValueError``."""
    try:
        ZoneInfo(name)
    except (ValueError, OSError, ZoneInfoNotFoundError):
        raise ValueError("is not a time zone such as Europe/Madrid") from None
    return name


Timezone = Annotated[str, AfterValidator(_check_timezone)]
