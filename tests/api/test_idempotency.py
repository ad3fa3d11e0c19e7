"""Idempotency keys: repeated requests create one issue."""

import threading
import uuid

from tests.api.problem_documents import assert_problem


def test_same_key_and_body_create_one_issue(member):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": False}
    first = member("POST", "/issue", json=body, headers=headers)
    again = member("POST", "/issue", json=body, headers=headers)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert len(member.list_issues()) == 1


def test_same_key_with_another_body_is_a_conflict(member):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": False}
    member("POST", "/issue", json=body, headers=headers)
    assert_problem(member("POST", "/issue", json=body | {"description": "y"}, headers=headers), 409)


def test_same_key_of_two_people_creates_two_issues(member, other_member):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": False}
    first = member("POST", "/issue", json=body, headers=headers).json()
    second = other_member("POST", "/issue", json=body, headers=headers).json()
    assert first["id"] != second["id"]


def test_simultaneous_requests_with_one_key_create_one_issue(visitor):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": True}
    responses = []
    workers = [
        threading.Thread(
            target=lambda: responses.append(visitor("POST", "/issue", json=body, headers=headers))
        )
        for _ in range(8)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert {response.status_code for response in responses} == {201}
    assert len({response.text for response in responses}) == 1


def test_repeated_request_gets_the_first_response_after_later_changes(member, reviewer):
    headers = {"Idempotency-Key": str(uuid.uuid4())}
    body = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": False}
    first = member("POST", "/issue", json=body, headers=headers).json()
    path = f"/issue/{first['id']}"
    reviewer("PUT", path, json={"state": "InReview", "is_read": True, "description": "edited"})
    reviewer("DELETE", path)
    assert member("POST", "/issue", json=body, headers=headers).json() == first


def test_guessable_key_is_refused_for_an_anonymous_report(visitor):
    body = {"description": "x", "resource_type": "Thread", "type": "Other", "anonymous": True}
    response = visitor("POST", "/issue", json=body, headers={"Idempotency-Key": "1"})
    assert_problem(response, 400, "Idempotency-Key")
