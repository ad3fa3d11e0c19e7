"""Errors of other servers: a text, a list of fields, plain text, or the page of a proxy."""

import pytest

from issue_portal.client import errors
from tests.client.conftest import make_variant
from tests.factories import make_new_issue


def test_text_of_an_error_is_kept(newer_api_server, client_factory):
    client = make_variant("newer", newer_api_server).make_client(client_factory)
    with pytest.raises(errors.BadRequestError, match=r"^project_id is required$"):
        client.create(make_new_issue("x"))


def test_errors_name_the_invalid_fields(remote_api, client_factory):
    newer = make_variant("newer", remote_api("newer", named_fields=True))
    with pytest.raises(errors.BadRequestError) as missing:
        newer.make_client(client_factory).create(make_new_issue("x"))
    assert [invalid.field for invalid in missing.value.fields] == ["project_id", "config"]
    original = make_variant("original", remote_api("original"))
    with pytest.raises(errors.BadRequestError) as unknown:
        original.make_client(client_factory).create(make_new_issue("x", project_id="p"))
    assert [invalid.field for invalid in unknown.value.fields] == ["project_id"]


@pytest.mark.parametrize("name", ["original", "newer"])
def test_plain_text_is_the_text_of_the_error(remote_api, client_factory, name):
    variant = make_variant(name, remote_api(name, plain_text_errors=True))
    client = variant.make_client(client_factory)
    with pytest.raises(errors.NotFoundError, match=r"^issue not found$"):
        client.get("x")
    text = {"original": "project_id is not allowed", "newer": "config is required"}
    with pytest.raises(errors.BadRequestError, match=f"^{text[name]}$"):
        client.create(make_new_issue("x", project_id="p"))


def test_page_of_a_proxy_is_not_the_text_of_an_error(remote_api, client_factory):
    variant = make_variant("newer", remote_api("newer", html_error_every=1))
    with pytest.raises(errors.ServerError) as raised:
        variant.make_client(client_factory, max_retries=0).me()
    assert "<" not in str(raised.value)


def test_calls_are_retried_after_the_page_of_a_proxy(remote_api, client_factory):
    server = remote_api("newer", html_error_every=2)
    client = make_variant("newer", server).make_client(client_factory)
    for _ in range(3):
        assert client.me().name == "Sasha"
