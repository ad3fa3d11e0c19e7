"""Form of the files with sample issues, such as ``en.toml``: people, projects and stories.

A story is a report and what became of it. To add a language, add a file with 40 stories.
"""

import re
import tomllib
from itertools import pairwise
from typing import Annotated, Final, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from issue_portal.models.vocabulary import DESCRIPTION_LIMIT, IssueState, IssueType
from issue_portal.server.sample_data.languages import find_file

_SECONDS: Final = {"d": 86_400, "h": 3_600, "m": 60}

_DURATION: Final = re.compile(r"\d+[dhm]( \d+[dhm])*")


def _parse_duration(value: str | int) -> int:
    """Return the seconds of a duration such as "1d 6h"."""
    if isinstance(value, int):
        return value
    if not _DURATION.fullmatch(value):
        raise ValueError("not a duration such as 2d, 1d 6h or 45m")
    return sum(int(part[:-1]) * _SECONDS[part[-1]] for part in value.split())


Duration = Annotated[int, BeforeValidator(_parse_duration)]
"""Seconds. The files have durations such as "1d 6h"."""


class _Model(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Event(_Model):
    """One change of an issue, as the history shows it. Fields that are None stay the same."""

    after: Duration
    """Since the report."""

    by: str | None = None
    """Key of a reviewer, or of the reporter of this story. None: the first reviewer."""

    read: bool | None = None
    state: IssueState | None = None
    type: IssueType | None = None


class Story(_Model):
    """A report and what became of it. A conversation and a resolution would be fields of it."""

    type: IssueType
    """As reported."""

    text: str = Field(min_length=1, max_length=DESCRIPTION_LIMIT)
    age: Duration
    reporter: str | None = None
    """Key of a reporter; None for an anonymous report."""

    project: str | None = None
    thread_id: str | None = None
    reported_interaction_id: str | None = None
    repeats: bool = True
    """Whether older issues repeat the text."""

    history: tuple[Event, ...] = ()
    """Oldest first."""

    @model_validator(mode="after")
    def _check_times(self) -> Self:
        times = [0, *(event.after for event in self.history), self.age]
        if any(later < earlier for earlier, later in pairwise(times)):
            raise ValueError("the history is not in order, or ends in the future")
        return self


class SampleData(_Model):
    """The sample issues in one language. The keys of people are their email names."""

    reporters: dict[str, str]
    reviewers: dict[str, str] = Field(min_length=1)
    projects: dict[str, str]
    """Names by id."""

    stories: tuple[Story, ...]
    """Newest first."""

    @property
    def first_reviewer(self) -> str:
        """Key of the reviewer of all events that name nobody."""
        return next(iter(self.reviewers))

    @model_validator(mode="after")
    def _check_keys(self) -> Self:
        for number, story in enumerate(self.stories, 1):
            if story.reporter not in {None, *self.reporters}:
                raise ValueError(f"story {number}: unknown reporter {story.reporter}")
            if story.project not in {None, *self.projects}:
                raise ValueError(f"story {number}: unknown project {story.project}")
            for event in story.history:
                if event.by not in {None, story.reporter, *self.reviewers}:
                    raise ValueError(f"story {number}: {event.by} may not change it")
        if any(later.age < earlier.age for earlier, later in pairwise(self.stories)):
            raise ValueError("the stories are not in order, newest first")
        return self


def load_sample_data(language: str) -> SampleData:
    """Return the sample issues in a language, which must have a file.

    Raises `pydantic.ValidationError` or `tomllib.TOMLDecodeError` if the file is invalid.
    """
    return SampleData.model_validate(tomllib.loads(find_file(language).read_text("utf-8")))
