"""What a search for issues means."""

import pytest

from issue_portal.models.issue_search import matches_search, parse_issue_number
from issue_portal.models.responses import Issue, Project, User

ISSUE = Issue(
    id="x",
    issue_number=299,
    description="The Straße is closed",
    created_by=User(id="user_1", name="Zoë", email="z.u@example.com"),
    project=Project(id="p_7", name="Handbook"),
)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("#299", 299),
        (" 299\n", 299),
        ("#0", 0),
        ("0299", 299),
        ("\uff03\uff12\uff19\uff19", 299),
        ("٢٩٩", 299),
        ("२९९", 299),
        (str(2**53), 2**53),
        (str(2**53 + 1), None),
        ("#99999999999999999999", None),
        ("9" * 5000, None),
        ("", None),
        ("#", None),
        ("# 299", None),
        ("##299", None),
        ("-1", None),
        ("1_0", None),
        ("1.0", None),
        ("²", None),
        ("①", None),
        ("299 a", None),
    ],
)
def test_issue_number_is_recognised(text, number):
    assert parse_issue_number(text) == number


@pytest.mark.parametrize(
    "text", ["STRASSE is", "#299", "299", "ZOË", "u@EXAMPLE", "handbook", "P_7", ""]
)
def test_each_field_is_searched(text):
    assert matches_search(text, ISSUE) is True


@pytest.mark.parametrize("text", ["other", "#29", "user_1", "#99999999999999999999", "z.u z"])
def test_other_texts_do_not_match(text):
    assert matches_search(text, ISSUE) is False


def test_anonymous_issue_has_no_reporter():
    anonymous = ISSUE.model_copy(update={"created_by": None})
    assert matches_search("zoë", anonymous) is False
    assert matches_search("none", anonymous) is False


def test_issue_without_the_fields_is_undecided():
    partial = Issue(id="x", description="a text")
    assert matches_search("a text", partial) is True
    assert matches_search("zoë", partial) is None
    unnumbered = Issue(id="x", description="a text", created_by=None)
    assert matches_search("zoë", unnumbered) is False
    assert matches_search("#299", unnumbered) is None
