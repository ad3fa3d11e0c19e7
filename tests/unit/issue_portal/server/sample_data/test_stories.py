"""Every language has the promised stories, and a file that contradicts itself is refused."""

from collections import Counter

import pytest
from pydantic import ValidationError

from issue_portal.core.settings import DEMO_LANGUAGE, FatalError
from issue_portal.models.vocabulary import IssueState, IssueType
from issue_portal.server.sample_data.languages import check_language, list_languages
from issue_portal.server.sample_data.older_stories import NEWEST_DAY
from issue_portal.server.sample_data.stories import SampleData, load_sample_data

DAY = 86_400
SHARES = {
    IssueType.NO_ANSWER: 6,
    IssueType.INACCURATE: 12,
    IssueType.NO_CONTEXT_USED: 11,
    IssueType.FORMAT: 6,
    IssueType.OTHER: 5,
}
VALID = {
    "reporters": {"ada": "Ada Sample"},
    "reviewers": {"robin": "Robin Sample"},
    "projects": {"sales": "Sales handbook"},
    "stories": [
        {"type": "Other", "text": "New", "age": "1h", "reporter": "ada", "project": "sales"},
        {
            "type": "Format",
            "text": "Old",
            "age": "1d 2h",
            "history": [{"after": "5m", "read": True}, {"after": "2h", "state": "Closed"}],
        },
    ],
}


@pytest.fixture(params=list_languages())
def data(request) -> SampleData:
    return load_sample_data(request.param)


def make_document(number: int, **fields) -> dict:
    stories = [dict(story) for story in VALID["stories"]]
    stories[number] |= fields
    return VALID | {"stories": stories}


def test_english_spanish_and_french_have_sample_issues():
    assert {DEMO_LANGUAGE, "es", "fr"} <= set(list_languages())


def test_unknown_language_is_refused_with_the_available_ones():
    with pytest.raises(FatalError, match=r"ISSUES_DEMO.*'pl'.*en, es"):
        check_language("pl")


def test_stories_are_40_different_texts_with_the_promised_types(data):
    assert len({story.text for story in data.stories}) == len(data.stories) == 40
    assert Counter(story.type for story in data.stories) == SHARES


def test_texts_are_short_and_long(data):
    lengths = sorted(len(story.text) for story in data.stories)
    assert lengths[3] < 40
    assert lengths[-3] > 500
    assert sum("\n\n" in story.text for story in data.stories) >= 6


def test_a_third_is_anonymous_and_many_have_a_project_or_a_conversation(data):
    assert 12 <= sum(story.reporter is None for story in data.stories) <= 15
    assert {story.project for story in data.stories} == {None, *data.projects}
    conversations = [story.thread_id for story in data.stories if story.thread_id]
    assert len(set(conversations)) == len(conversations) >= 10


def test_people_are_obvious_samples(data):
    (surname,) = {name.split()[-1] for name in [*data.reporters.values(), *data.reviewers.values()]}
    assert surname in {"Sample", "Ejemplo", "Exemple"}


def test_stories_are_newer_than_the_repeated_ones(data):
    assert data.stories[0].age < 3_600
    assert 18 * DAY < data.stories[-1].age < NEWEST_DAY * DAY


def test_every_outcome_occurs(data):
    histories = [story.history for story in data.stories]
    states = [[event.state for event in history if event.state] for history in histories]
    assert {steps[-1] if steps else IssueState.NOT_REVIEWED for steps in states} == set(IssueState)
    assert () in histories
    assert any(IssueState.CLOSED in steps[:-1] for steps in states), "none was reopened"
    events = [(story, event) for story in data.stories for event in story.history]
    assert any(event.type for _, event in events), "no type was corrected"
    assert any(event.by and event.by == story.reporter for story, event in events), (
        "none was withdrawn"
    )
    assert any(event.by in data.reviewers for _, event in events), "there is one reviewer only"


def test_durations_become_seconds():
    new, old = SampleData.model_validate(VALID).stories
    assert (new.age, old.age) == (3_600, 93_600)
    assert [event.after for event in old.history] == [300, 7_200]


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (make_document(0, age="2 hours"), "not a duration"),
        (make_document(0, age="2d"), "newest first"),
        (make_document(0, reporter="eve"), "unknown reporter eve"),
        (make_document(0, project="attic"), "unknown project attic"),
        (make_document(0, mood="angry"), "mood"),
        (make_document(0, history=[{"after": "2h", "read": True}]), "ends in the future"),
        (
            make_document(0, history=[{"after": "9m", "read": True}, {"after": "8m"}]),
            "not in order",
        ),
        (make_document(1, history=[{"after": "1h", "by": "ada"}]), "ada may not change it"),
    ],
)
def test_contradictory_files_are_refused(document, reason):
    with pytest.raises(ValidationError, match=reason):
        SampleData.model_validate(document)
