"""Valid random requests to the API, and mutations that each change one part of a request."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field

import httpx


@dataclass
class Request:
    """An HTTP request that may be invalid."""

    method: bytes
    path: str | bytes
    query: dict[str, str] = field(default_factory=dict)
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes | None = None
    may_break_connection: bool = False
    """Whether the connection may be unusable after this request."""

    def encode(self) -> bytes:
        """Return the bytes to send."""
        path = self.path if isinstance(self.path, bytes) else self.path.encode()
        if self.query:
            path += b"?" + str(httpx.QueryParams(self.query)).encode()
        lines = [self.method + b" " + path + b" HTTP/1.1"]
        lines += [name + b": " + value for name, value in self.headers]
        names = {name for name, _ in self.headers}
        if self.body is not None and names.isdisjoint((b"Content-Length", b"Transfer-Encoding")):
            lines.append(b"Content-Length: %d" % len(self.body))
        return b"\r\n".join([*lines, b"", self.body or b""])

    def set_header(self, name: bytes, value: bytes) -> None:
        self.headers = [pair for pair in self.headers if pair[0].lower() != name.lower()]
        self.headers.append((name, value))


ISSUE = {
    "description": "Response missed the attached policy details.",
    "resource_type": "Thread",
    "type": "Other",
    "anonymous": False,
    "project_id": "p",
    "config": {"thread_id": "t", "reported_interaction_id": "i"},
}
LIST_PARAMETERS = {
    "page_size": "20",
    "page_order": "ASC",
    "states": "NotReviewed,Closed",
    "type": "Other",
    "include": "User,Project",
    "start_date": "0",
    "end_date": "9999999999999",
    "filter_by_text": "policy",
    "search": "#299",
    "created_by": "user_0000000000000000",
    "projects": "p",
    "numbers": "1,2",
    "is_read": "true",
    "anonymous": "false",
    "thread_id": "t",
    "updated_since": "0",
    "total_count": "true",
}
PAGING = [{"page": "1"}, {"first": "3"}, {"last": "3"}, {"after": "x"}, {"before": "x"}]
UPDATE = {"description": "Better.", "type": "Format", "state": "InReview", "is_read": True}
CHANGES = [{"state": "Closed"}, {"is_read": True}, {"delete": True}, {"restore": True}]
RECEIPT = {"receipt": "4821-0973-5512-8840"}


def make_valid_request(rng: random.Random, tokens: list[str], ids: list[str]) -> Request:
    """Make a request with one of the tokens. The path may contain one of the issue ids."""
    issue = f"/api/v1/app/issue/{rng.choice(ids)}"
    method, path, body = rng.choice(
        [
            *[(b"GET", "/api/v1/app/issue", None)] * 4,
            *[(b"POST", "/api/v1/app/issue", ISSUE | {"anonymous": rng.random() < 0.5})] * 4,
            *[(b"PUT", issue, UPDATE), (b"PATCH", issue, UPDATE)] * 2,
            (b"GET", issue, None),
            (b"DELETE", issue, None),
            (b"GET", f"{issue}/history", None),
            (b"GET", "/api/v1/app/issue/stats", None),
            (b"POST", "/api/v1/app/issue/receipt", RECEIPT),
            (b"POST", f"{issue}/restore", None),
            (b"POST", "/api/v1/app/issue/bulk", {"ids": ids, "change": rng.choice(CHANGES)}),
            (b"GET", "/api/v1/app/project", None),
            (b"PUT", "/api/v1/app/project/p", {"name": "Handbook"}),
            (b"GET", "/api/v1/app/me", None),
            (b"GET", "/api/v1/app/user", None),
            (b"GET", rng.choice(["/api/health", "/api/ready", "/api/openapi.json"]), None),
        ]
    )
    request = Request(method, path)
    if path.endswith("/issue") and method == b"GET":
        names = rng.sample(sorted(LIST_PARAMETERS), 3)
        request.query = {name: LIST_PARAMETERS[name] for name in names} | rng.choice(PAGING)
    token = rng.choice(tokens).encode()
    request.headers = [(b"Host", b"localhost"), (b"Authorization", b"Bearer " + token)]
    if body is not None:
        request.headers.append((b"Content-Type", b"application/json"))
        request.headers.append((b"Idempotency-Key", b"%032x" % rng.getrandbits(128)))
        request.body = json.dumps(body).encode()
    return request


TEXTS = [
    *("", " ", "\0", "\x7f", "\ud800", "\udfff\ud800", "\ufffe"),
    *("é" * 300, "🙂" * 10_001, "x" * 90_000),
    *("null", "NaN", "-1", "0", "1e400", "9" * 400, "1" * 5000, "0x10", "1_0", "٣", "+1", "1.0"),
    *(
        "'; DROP TABLE issues; --",
        "%",
        "%00",
        "..",
        "../../etc/passwd",
        "\r\nX: y",
        ",",
        ",,,",
        "a,b",
    ),
    *(
        "true",
        "[]",
        "{}",
        "a=b&c=d",
        "AAAAAAAAAAAAAAAAAAAAAAAA",
        "\u202e",
        "\u200b",
        "<b>",
        "{{7*7}}",
    ),
]
VALUES = [
    *(None, True, False, 0, -1, 1.5, 10**30, -(10**400), 1e308, [], {}, [[]], {"a": {"b": [None]}}),
    *(["x"] * 1000, {"$ref": "#"}, float("nan"), float("inf")),
]


def mutate_method(request: Request, rng: random.Random) -> None:
    known_methods = [b"GET", b"POST", b"PUT", b"PATCH", b"DELETE", b"HEAD", b"OPTIONS", b"TRACE"]
    unknown_methods = [b"PROPFIND", b"BREW", b"get", b"", b"\xff", b"A" * 500]
    request.method = rng.choice([*known_methods, *unknown_methods])
    # The server reads no body after an unknown method.
    may_break = request.method in unknown_methods or request.method == b"HEAD"
    request.may_break_connection |= may_break


def mutate_path(request: Request, rng: random.Random) -> None:
    path = request.path if isinstance(request.path, str) else "/api"
    parts = path.split("/")
    odd_parts = [
        "%00",
        "%0a",
        "%0d%0a",
        "%ff",
        "%",
        "%zz",
        "%2e%2e",
        "..",
        "",
        ".",
        "a" * 60_000,
        "%2F",
    ]
    odd_parts += [
        "issue_0000000000000000",
        "issue_" + "9" * 5000,
        "%F0%9F%99%82",
        "%ED%A0%80",
        ";",
        "#x",
    ]
    position = rng.randrange(1, len(parts))
    match rng.randrange(4):
        case 0:
            parts[position] = rng.choice(odd_parts)
        case 1:
            parts.insert(position, rng.choice(odd_parts))
        case 2:
            parts[position] += rng.choice(odd_parts)
        case 3:
            del parts[position]
    request.path = "/".join(parts) or "/"
    if rng.random() < 0.05:
        raw = [b"\xff\xfe", b"\xc3\xa9", b"\0", b" ", b"\t", b"http://x/", b"*"]
        request.path = request.path.encode() + rng.choice(raw)
        request.may_break_connection = True


def mutate_query(request: Request, rng: random.Random) -> None:
    name = rng.choice([*LIST_PARAMETERS, "page", "first", "last", "after", "before", "x", "", "\0"])
    text = rng.choice(TEXTS).encode("utf-8", "surrogatepass").decode("utf-8", "replace")
    if rng.random() < 0.3:
        raw = ["%", "%00", "%ff", "%ED%A0%80", "&&&", "=", "a[]=1", f"{name}&{name}", "+" * 300]
        path = request.path if isinstance(request.path, bytes) else request.path.encode()
        request.path = path + f"?{name}={rng.choice(raw)}".encode().replace(b"\0", b"%00")
        request.query = {}
    else:
        request.query = request.query | {name: text[:20_000]}


def mutate_header(request: Request, rng: random.Random) -> None:
    names = [
        *(b"If-Match", b"If-None-Match", b"Idempotency-Key", b"x-org", b"Authorization", b"Host"),
        *(b"Accept", b"Content-Encoding", b"Range", b"Cookie", b"Expect", b"X-Forwarded-For"),
        *(b"Content-Type", b"Connection", b"Upgrade", b"Origin", b"Accept-Encoding", b"Odd"),
    ]
    values = [
        *(b"", b"*", b'"', b'""', b"W/", b"," * 500, b"x" * 30_000, b"\xff\xfe", "é🙂".encode()),
        *(b"Bearer", b"Bearer ", b"Bearer \xff", b"Bearer ipat_", b"Bearer a.b.c", b"Basic eDp5"),
        *(b"gzip", b"100-continue", b"bytes=0-", b"-1", b"null", b"close", b"\t", b"\x01", b"\x80"),
        *(b"application/json; charset=utf-16", b"application/json;;;", b"APPLICATION/JSON"),
        *(b"text/plain", b"multipart/form-data", b"application/json, text/html", b"/"),
    ]
    request.set_header(rng.choice(names), rng.choice(values))
    request.may_break_connection = True


def mutate_field(request: Request, rng: random.Random) -> None:
    try:
        body = json.loads(request.body or b"{}")
    except (ValueError, RecursionError):
        return
    if not isinstance(body, dict):
        return
    container = rng.choice([body, body.get("config")])
    target = container if isinstance(container, dict) else body
    name = rng.choice([*target, "id", "created_by", "anonymus", "", "\ud800", "__proto__"])
    if rng.random() < 0.2:
        target.pop(name, None)
    else:
        target[name] = rng.choice([*VALUES, *TEXTS, *TEXTS])
    request.body = json.dumps(body, ensure_ascii=rng.random() < 0.5).encode(
        "utf-8", "surrogatepass"
    )


def mutate_body(request: Request, rng: random.Random) -> None:
    body = request.body if request.body is not None else b"{}"
    text = body.decode("utf-8", "replace")
    depth = rng.choice([10, 1000, 30_000])
    request.body = rng.choice(
        [
            lambda: b"",
            lambda: body[: rng.randrange(len(body) + 1)],
            lambda: body + body,
            lambda: body[:9] + rng.randbytes(3) + body[9:],
            lambda: text.encode("utf-16"),
            lambda: text.encode("utf-32"),
            lambda: b"\xef\xbb\xbf" + body,
            lambda: b"[" * depth + b"]" * depth,
            lambda: b'{"a":' * depth + b"1" + b"}" * depth,
            lambda: body.replace(b"{", b'{"anonymous": true, "anonymous": false, ', 1),
            lambda: body.replace(b"true", b"1" * 5000).replace(b"false", b"-0e999"),
            lambda: b" " * 199_000 + body,
            lambda: b"x" * 300_000,
            lambda: rng.randbytes(200),
            lambda: b"null",
            lambda: b'"\\ud800"',
            lambda: b"NaN",
        ]
    )()


def mutate_framing(request: Request, rng: random.Random) -> None:
    body = request.body or b""
    request.may_break_connection = True
    match rng.randrange(6):
        case 0:
            request.headers.append((b"Transfer-Encoding", b"chunked"))
            parts = [body[i : i + 7] for i in range(0, len(body[:2000]), 7)]
            chunks = [b"%x\r\n%s\r\n" % (len(part), part) for part in parts]
            request.body = b"".join([*chunks, b"0\r\n\r\n"])
        case 1:
            request.headers.append((b"Transfer-Encoding", b"chunked"))
            request.body = rng.choice([b"", b"zz\r\n", b"-1\r\n", b"ffffffffffffffff\r\nx"])
        case 2:
            lengths = [b"-1", b"0", b"5", b"x", b"1e3", b"99999999999999999999", b"1, 2", b""]
            request.headers.append((b"Content-Length", rng.choice(lengths)))
        case 3:
            request.headers += [(b"Content-Length", b"1"), (b"Content-Length", b"2")]
        case 4:
            request.headers += [(b"Content-Length", b"2"), (b"Transfer-Encoding", b"chunked")]
        case 5:
            request.headers = [pair for pair in request.headers if pair[0] != b"Host"]


MUTATIONS: list[Callable[[Request, random.Random], None]] = [
    *[mutate_field] * 4,
    *[mutate_query, mutate_body] * 3,
    *[mutate_path, mutate_header] * 2,
    mutate_method,
    mutate_framing,
]
