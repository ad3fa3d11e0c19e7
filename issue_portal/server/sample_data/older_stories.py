"""Stories before the hand-written ones, so that lists have pages and charts show three months.

The text, type, reporter and project of each are those of a hand-written story; only times and
outcomes are new. A text returns at most three times, and never within 20 issues.
"""

import random
from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from typing import Final

from issue_portal.models.vocabulary import IssueState, IssueType
from issue_portal.server.sample_data.stories import Event, Story

_DAY: Final = 86_400

NEWEST_DAY: Final = 21
"""Age in days of the newest of these stories. The hand-written ones are younger."""

_TYPES: Final = (
    IssueType.NO_ANSWER,
    IssueType.INACCURATE,
    IssueType.NO_CONTEXT_USED,
    IssueType.FORMAT,
    IssueType.OTHER,
)

WEEKS: Final = (
    # The newest. Ignored files reach their peak, then a fix makes reports fewer.
    (3, 4, 12, 3, 1),
    (3, 4, 6, 3, 2),
    (3, 4, 5, 3, 2),
    (3, 4, 4, 3, 2),
    # A new version of the assistant begins.
    (1, 3, 1, 1, 1),
    (1, 3, 1, 1, 1),
    (1, 3, 1, 1, 1),
    (1, 2, 1, 1, 1),
    (1, 3, 1, 1, 1),
    (1, 3, 1, 1, 0),
)
"""Number of issues by week, newest first, and by type in the order of `_TYPES`."""

LAST_DAY: Final = NEWEST_DAY + 7 * len(WEEKS)
"""Age in days at which the stories begin."""

_REVIEW_HOURS: Final = (12, 60)
"""Usual time to the first review, of the newest and of the oldest story."""

_STILL_IN_REVIEW: Final = 0.03
"""Share of stories that reviewers have not closed."""


def make_older_stories(stories: Sequence[Story]) -> list[Story]:
    """Return older stories with the texts of ``stories``, both newest first. They never differ."""
    rng = random.Random(1)  # noqa: S311
    # The text at the head of each queue was not used for the longest time.
    queues: dict[IssueType, deque[Story]] = defaultdict(deque)
    for story in stories:
        if story.repeats:
            queues[story.type].append(story)
    older = []
    for week, counts in enumerate(WEEKS):
        types = list(_mix_types(counts))
        starts = sorted(NEWEST_DAY + 7 * (week + rng.random()) for _ in types)
        for issue_type, days in zip(types, starts, strict=True):
            queues[issue_type].rotate(-1)
            older.append(_make_older(queues[issue_type][-1], int(days * _DAY), rng))
    return older


def _mix_types(counts: Sequence[int]) -> Iterator[IssueType]:
    """Yield each type as often as its count says, spread evenly."""
    places = [
        ((position + 0.5) / count, issue_type)
        for issue_type, count in zip(_TYPES, counts, strict=True)
        for position in range(count)
    ]
    return (issue_type for _, issue_type in sorted(places))


def _make_older(story: Story, age: int, rng: random.Random) -> Story:
    """Return a story of this age with an outcome of its own and without a conversation's ids."""
    fastest, slowest = _REVIEW_HOURS
    progress = (age / _DAY - NEWEST_DAY) / (LAST_DAY - NEWEST_DAY)
    review = int((fastest + (slowest - fastest) * progress) * 3_600 * rng.uniform(0.4, 1.6))
    history = [
        Event(after=review - rng.randrange(60, 1_200), read=True),
        Event(after=review, state=IssueState.IN_REVIEW),
    ]
    if rng.random() >= _STILL_IN_REVIEW:
        closing = int(review * rng.uniform(1.5, 4))
        history.append(Event(after=closing, state=IssueState.CLOSED))
    return story.model_copy(
        update={
            "age": age,
            "history": tuple(history),
            "thread_id": None,
            "reported_interaction_id": None,
        }
    )
