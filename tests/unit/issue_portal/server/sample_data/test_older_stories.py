"""Older stories repeat texts far apart, and continue the trend of the hand-written ones."""

from collections import Counter
from collections.abc import Sequence
from itertools import pairwise
from statistics import median

import pytest

from issue_portal.models.vocabulary import IssueState, IssueType
from issue_portal.server.sample_data.languages import list_languages
from issue_portal.server.sample_data.older_stories import make_older_stories
from issue_portal.server.sample_data.stories import Story, load_sample_data

DAY = 86_400


@pytest.fixture(params=list_languages())
def stories(request) -> list[Story]:
    """All stories of a language, newest first."""
    newest = load_sample_data(request.param).stories
    return [*newest, *make_older_stories(newest)]


def count_by_week(stories: Sequence[Story]) -> list[int]:
    """Count stories by week, the last seven days first."""
    counts = Counter(story.age // (7 * DAY) for story in stories)
    return [counts[week] for week in range(13)]


def find_time_to_review(stories: Sequence[Story]) -> float:
    """Return the median of the seconds until the first review."""
    return median(
        next(event.after for event in story.history if event.state is IssueState.IN_REVIEW)
        for story in stories
        if any(event.state is IssueState.IN_REVIEW for event in story.history)
    )


def test_texts_repeat_at_most_three_times_and_never_within_20_neighbours(stories):
    texts = [story.text for story in stories]
    assert max(Counter(texts).values()) <= 4
    for position, text in enumerate(texts):
        assert text not in texts[position + 1 : position + 21]


def test_stories_fill_three_months_newest_first(stories):
    ages = [story.age for story in stories]
    assert all(newer < older for newer, older in pairwise(ages))
    assert 85 * DAY < ages[-1] < 91 * DAY
    assert 140 <= len(stories) <= 180


def test_histories_are_in_order_and_end_before_now(stories):
    for story in stories:
        times = [0, *(event.after for event in story.history), story.age]
        assert times == sorted(times)


def test_older_stories_are_mostly_closed(stories):
    ends = [story.history[-1].state for story in stories[40:]]
    assert 0 < ends.count(IssueState.IN_REVIEW) < 10
    assert set(ends) == {IssueState.IN_REVIEW, IssueState.CLOSED}


def test_reports_rise_with_the_new_version_and_fall_after_the_fix(stories):
    weeks = count_by_week(stories)
    before, after = weeks[7:], weeks[3:7]
    assert min(after) > 1.5 * max(before)
    assert weeks[3] == max(weeks)
    assert weeks[3] > weeks[2] > weeks[1] > weeks[0]


def test_ignored_files_peak_in_one_week(stories):
    weeks = count_by_week([s for s in stories if s.type is IssueType.NO_CONTEXT_USED])
    assert weeks[3] >= 2 * max(weeks[:3] + weeks[4:])


def test_reviews_become_faster(stories):
    months = [
        find_time_to_review([s for s in stories if start <= s.age // DAY < start + 30])
        for start in (0, 30, 60)
    ]
    assert months[0] < months[1] < months[2]


def test_stories_are_the_same_each_time():
    newest = load_sample_data("en").stories
    assert make_older_stories(newest) == make_older_stories(newest)
