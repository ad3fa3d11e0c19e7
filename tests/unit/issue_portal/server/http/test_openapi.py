"""The OpenAPI document: complete, and limited to what generators of clients understand."""

import itertools
import json

import pytest
from jsonschema import Draft202012Validator

from docs.openapi_document import make_openapi_json
from issue_portal import __version__
from issue_portal.models.vocabulary import ProblemCode
from tests.servers.processes import ROOT

DOCUMENT = json.loads(make_openapi_json())
COMPONENTS = DOCUMENT["components"]
OPERATIONS = {
    operation["operationId"]: operation
    for path in DOCUMENT["paths"].values()
    for operation in path.values()
}

for_each_operation = pytest.mark.parametrize("name", OPERATIONS)


def resolve(node: dict) -> dict:
    """Return the object that a `$ref` names, or the object itself."""
    if "$ref" not in node:
        return node
    kind, name = node["$ref"].removeprefix("#/components/").split("/")
    return COMPONENTS[kind][name]


def find_contents(operation: dict) -> dict[str, dict]:
    """Return the contents of the body and of the responses of an operation."""
    messages = {"body": operation.get("requestBody", {})} | operation["responses"]
    return {
        f"{where} {media_type}": content
        for where, message in messages.items()
        for media_type, content in resolve(message).get("content", {}).items()
    }


def walk(node, path=""):
    """Yield all objects of the document that are not examples, with their paths."""
    if isinstance(node, dict):
        yield path, node
        for name, item in node.items():
            if name not in ("example", "examples"):
                yield from walk(item, f"{path}/{name}")
    elif isinstance(node, list):
        for number, item in enumerate(node):
            yield from walk(item, f"{path}/{number}")


def test_file_has_the_document():
    assert (ROOT / "openapi.json").read_text() == make_openapi_json(), "run `make openapi`"


def test_document_introduces_the_api():
    info = DOCUMENT["info"]
    assert info["version"] == __version__
    assert info["title"]
    assert info["summary"]
    assert info["description"]
    assert info["license"] == {"name": "Apache 2.0", "identifier": "Apache-2.0"}
    used_tags = {tag for operation in OPERATIONS.values() for tag in operation["tags"]}
    assert {tag["name"] for tag in DOCUMENT["tags"] if tag["description"]} == used_tags


@for_each_operation
def test_operation_and_its_parameters_are_described(name):
    operation = OPERATIONS[name]
    assert operation["summary"]
    assert operation["description"]
    for parameter in map(resolve, operation["parameters"]):
        assert parameter.get("description"), parameter["name"]
    for status, response in operation["responses"].items():
        assert resolve(response)["description"], status
        assert "X-Request-ID" in resolve(response)["headers"], status


@for_each_operation
def test_every_body_and_response_has_a_valid_example(name):
    for where, content in find_contents(OPERATIONS[name]).items():
        assert content["schema"], f"{where} has no schema"
        # References lead to the components.
        validator = Draft202012Validator(content["schema"] | {"components": COMPONENTS})
        examples = [example["value"] for example in content.get("examples", {}).values()]
        examples += [content["example"]] if "example" in content else []
        assert examples, f"{where} has no example"
        for example in examples:
            validator.validate(example)


@for_each_operation
def test_responses_without_an_example_have_no_body(name):
    for status, response in OPERATIONS[name]["responses"].items():
        assert "content" in resolve(response) or status in ("204", "304")


def test_examples_of_responses_have_no_fields_that_the_schema_does_not_name():
    for operation in OPERATIONS.values():
        for where, content in find_contents(operation).items():
            schema = resolve(content["schema"])
            if "example" in content and schema.get("type") == "object":
                assert content["example"].keys() <= schema["properties"].keys(), where


def test_every_code_of_an_error_has_a_response_with_an_example():
    declared = {
        example["value"]["code"]
        for response in COMPONENTS["responses"].values()
        for example in response["content"]["application/problem+json"]["examples"].values()
    }
    # These two belong to no operation.
    undeclared = {ProblemCode.METHOD_NOT_ALLOWED, ProblemCode.INTERNAL_ERROR}
    assert declared == set(ProblemCode) - undeclared


def test_headers_that_responses_name_are_described():
    named = {
        name
        for operation in OPERATIONS.values()
        for response in operation["responses"].values()
        for name in resolve(response)["headers"]
    }
    assert named == COMPONENTS["headers"].keys()
    for header in COMPONENTS["headers"].values():
        Draft202012Validator(header["schema"]).validate(header["example"])


def test_responses_are_open():
    """A client must accept fields and values that a later version adds."""
    bodies = [
        operation["requestBody"]["content"]["application/json"]["schema"]
        for operation in OPERATIONS.values()
        if "requestBody" in operation
    ]
    parameters = [operation["parameters"] for operation in OPERATIONS.values()]
    in_requests = find_schemas([*bodies, *parameters])
    in_responses = find_schemas(
        [
            content
            for operation in OPERATIONS.values()
            for response in operation["responses"].values()
            for content in resolve(response).get("content", {}).values()
        ]
    )
    assert "Issue" in in_responses
    assert "NewIssue" in in_requests
    for name in in_responses:
        for path, schema in walk(COMPONENTS["schemas"][name], name):
            restrictions = {"enum", "const", "pattern", "maxLength", "maxItems", "maximum"}
            assert schema.get("additionalProperties") is not False, path
            assert not restrictions & schema.keys() or path.endswith("/properties"), path


def find_schemas(node) -> set[str]:
    """Return the names of the schemas that a part of the document uses."""
    found: set[str] = set()
    pending = [node]
    while pending:
        for _, item in walk(pending.pop()):
            kind, _, name = item.get("$ref", "").removeprefix("#/components/").partition("/")
            if kind == "schemas" and name not in found:
                found.add(name)
                pending.append(COMPONENTS["schemas"][name])
    return found


def test_schemas_have_nothing_that_breaks_generators():
    schemas = [
        *walk(COMPONENTS["schemas"], "schemas"),
        *itertools.chain.from_iterable(walk(each) for each in OPERATIONS.values()),
    ]
    for path, schema in schemas:
        if path.endswith("/properties"):
            continue
        assert not {"prefixItems", "const", "$defs", "title", "nullable"} & schema.keys(), path
        # Lookarounds do not exist in Go and Rust, and JavaScript splits astral characters.
        pattern = schema.get("pattern", "")
        assert "(?" not in pattern, path
        assert pattern.isascii(), path
        for links in schema.get("links", {}).values():
            assert "requestBody" not in links, path
