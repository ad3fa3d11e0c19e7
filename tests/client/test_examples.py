"""The examples of README.md and of the docstrings, run as they are printed."""

import re

import pytest

from issue_portal.client import client
from issue_portal.client.client import IssuesClient
from issue_portal.models.vocabulary import Role
from tests.client.conftest import apart
from tests.conftest import ROOT

GUIDE = (ROOT / "README.md").read_text().partition("\n## Client library\n")[2].partition("\n## ")[0]
EXAMPLES = re.findall(r"```python\n(.*?)```", GUIDE, re.DOTALL)


@pytest.mark.parametrize("example", EXAMPLES)
def test_examples_of_the_guide(api, example):
    token = api.token("Guide", Role.ADMIN)
    known = {"token": token}
    if "IssuesClient(" not in example:
        exec(EXAMPLES[0].replace("http://localhost:8501", api.url), known)
        known["client"] = IssuesClient(api.url, token)
    apart(exec, example.replace("http://localhost:8501", api.url), known)


def test_example_of_the_module(api):
    example = re.search(r"\n\n((?:    .*\n|\n)+)", client.__doc__)[1]
    code = re.sub(r"^    ", "", example, flags=re.MULTILINE)
    exec(code.replace("http://localhost:8501", api.url), {"token": api.token("Guide")})
