"""Labels and Markdown show text from people and servers without its markup."""

import pytest

from components.ui import plain_text, user_names
from issue_portal.models.responses import Issue
from tests.factories import make_user


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Ann O'Neil, M.-L.", "Ann O'Neil, M.-L."),
        ("**bold**", "bold"),
        (":material/delete:", "material delete"),
        ("![x](http://elsewhere)", "x  http   elsewhere"),
        ("Ünïcode 你好", "Ünïcode 你好"),
        ("$x$", "x"),
    ],
)
def test_label_has_no_markup(text, expected):
    assert plain_text.strip_markup(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"), [("a", "`a`"), ("a`b", "`ab`"), ("a\n\n# b", "`a # b`"), ("", "``")]
)
def test_text_cannot_end_inline_code(text, expected):
    assert plain_text.format_code(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Bad.", "Bad."), ("Bad", "Bad."), ("[a](b): c", "a (b): c."), ("<b>x</b>", "b x  b.")],
)
def test_message_from_a_server_becomes_a_sentence_without_markup(text, expected):
    assert plain_text.format_sentence(text) == expected


@pytest.mark.parametrize(
    ("user", "expected"),
    [
        (make_user(), "Ann"),
        (make_user(name=None), "ann@example.com"),
        (make_user(name=None, email=None), "user_1"),
    ],
)
def test_user_is_shown_by_name_email_or_id(user, expected):
    assert user_names.format_user(user) == expected


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ({"created_by": {"id": "u", "name": "Ann"}}, "Ann"),
        ({"created_by": None}, "Anonymous"),
        ({}, "Reporter unknown"),
    ],
)
def test_reporter_that_the_server_leaves_out_is_not_anonymous(answer, expected):
    issue = Issue.model_validate({"id": "1", **answer})
    assert user_names.format_reporter(issue) == expected


def test_users_with_the_same_name_are_distinguished():
    users = [
        make_user("1", email="a@x.example"),
        make_user("2", email=None),
        make_user("3", name="Bo"),
    ]
    names = user_names.format_distinct_names(users)
    assert names == {"1": "Ann (a@x.example)", "2": "Ann (2)", "3": "Bo"}


@pytest.mark.parametrize(("name", "expected"), [("Ann", "Ann"), ("**", "Account"), ("", "Account")])
def test_account_label_is_the_name_without_markup(name, expected):
    assert user_names.format_account_label(name) == expected
