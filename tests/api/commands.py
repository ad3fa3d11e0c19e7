"""Helpers for tests of the command line: values, results, errors."""

import json
import uuid

from tests.factories import make_new_issue


def make_email() -> str:
    """Return an address that no other test uses."""
    return f"{uuid.uuid4().hex}@example.com"


def parse_output(process):
    """Return the JSON output of a command that succeeded."""
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


def assert_refused(process, text):
    """Assert that a command failed with a one-line error message that contains ``text``."""
    assert process.returncode == 1, process.stdout
    assert text in process.stderr
    assert len(process.stderr.strip().splitlines()) == 1


def create_token(api, *options) -> dict:
    """Run ``token create``; return its output."""
    return parse_output(api.run_command("token", "create", "--json", *options))


def add_reports(server):
    """Create an API token and two reports; return the token, the named and the anonymous issue."""
    token = create_token(server, "--email", "keeper@example.com", "--role", "AppAdmin")["token"]
    with server.client(token) as client:
        named = client.create(make_new_issue("Named: ärger 日本"))
        anonymous = client.create(make_new_issue("Anonymous one", anonymous=True))
    return token, named, anonymous
