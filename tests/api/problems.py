"""Problem documents (RFC 9457) as tests expect them."""


def problem(answer, status, field=None):
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == status
    assert body["detail"]
    if field:
        assert field in [error["field"] for error in body["errors"]]
    return body
