"""Check of problem documents, the error responses of the API (RFC 9457)."""

from issue_portal.models.vocabulary import FieldErrorCode, ProblemCode


def assert_problem(response, status, field=None):
    """Assert that the response is a problem document; return its content.

    The document must have this status and, with ``field``, an error for that field.
    """
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    body = response.json()
    assert body["status"] == status
    assert body["detail"]
    assert body["code"] in list(ProblemCode)
    assert all(error["code"] in list(FieldErrorCode) for error in body.get("errors", ()))
    assert body.get("request_id") in (None, response.headers["x-request-id"])
    assert response.headers["cache-control"] == "no-store"
    if field:
        assert field in [error["field"] for error in body["errors"]]
    return body
