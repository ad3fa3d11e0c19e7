"""This browser session: who it is, its API clients, and what it remembers. Pages ask here only."""

import hashlib
import uuid
from collections.abc import Callable
from typing import Final

import streamlit as st

from api import portal_token
from api.client import IssuesClient
from api.contract import HistoryEntry, Issue, IssueQuery, NewIssue, Role
from api.errors import Invalid, NotFound, NotSupported
from api.portal_token import Person, Visitor
from api.settings import get_settings
from components import backend, draft, identity
from components.embedding import Prefill
from components.identity import SignedIn
from components.language import _

_TIMEOUT: Final = 5.0
_ATTEMPTS: Final = 3
_PATIENCE: Final = 12.0

REPORT_FIELDS: Final = (
    "report_type",
    "report_description",
    "report_anonymous",
    "report_thread",
    "report_interaction",
    "report_project",
)
"""The widget keys of the report form."""

_REPORT_KEY = "report_key"
_LINK = "report_link"
_ANOTHER_REPORT = "another_report"
_SENT_REPORT = "sent_report"
_SIGNING_IN = "signing_in"
_LAST_PAGE = "last_page"
_ARRIVED = "arrived"
_VISITOR = "visitor"


def person() -> Person | None:
    """Who is signed in, or None for a visitor."""
    signed_in = identity.current()
    return signed_in.person if signed_in else None


def is_reviewer() -> bool:
    """Whether the person reviews issues. A courtesy to the eye: the API checks every call."""
    who = person()
    return who is not None and who.role in (Role.ADMIN, Role.OWNER)


def require(*, reviewer: bool = False) -> Person:
    """The person, once signed in: until then the page shows the sign-in form in its own place."""
    who = person()
    if who is None:
        st.info(_("Sign in to see this page."), icon=":material/lock:")
        identity.sign_in_form()
        st.stop()
    if reviewer and not is_reviewer():
        st.warning(
            _("This page is for reviewers. Ask an operator if you should be one."),
            icon=":material/lock:",
        )
        st.stop()
    return who


def client() -> IssuesClient:
    """A client that acts for the person, or for a visitor."""
    signed_in = identity.current()
    return visitor_client() if signed_in is None else client_of(signed_in)


def client_of(signed_in: SignedIn) -> IssuesClient:
    """A client that acts for this person."""
    here = backend.current()
    if here.embedded:
        key = here.keys.derive("portal")
        return _client(lambda: portal_token.sign(key, signed_in.person))
    tokens = st.secrets.get("api_tokens", {})
    return _client(lambda: str(tokens.get(signed_in.username, "")))


def visitor_client() -> IssuesClient:
    """A client that never says who is signed in: anonymous reports and receipts go this way."""
    here = backend.current()
    if here.embedded:
        key = here.keys.derive("portal")
        visitor = Visitor(_visitor())
        return _client(lambda: portal_token.sign(key, visitor))
    return _client(get_settings().api_token.get_secret_value())


def _visitor() -> str:
    """What the API counts a visitor's requests under: the address, hashed, where it is known."""
    address = st.context.ip_address
    if address:
        return backend.current().keys.hash("visitor", address).hex()[:32]
    return str(st.session_state.setdefault(_VISITOR, uuid.uuid4().hex))


def can_filter(signed_in: SignedIn | None = None) -> bool:
    """Whether the server filters lists: one of the original form does not."""
    here = backend.current()
    if here.filters is None:
        try:
            (client_of(signed_in) if signed_in else client()).list(
                IssueQuery(page_size=1, total_count=True)
            )
            here.filters = True
        except Invalid:
            here.filters = False
    return here.filters


def history(issue: Issue) -> tuple[HistoryEntry, ...]:
    """What happened to an issue; nothing where the server does not keep a history."""
    try:
        return client().history(issue.id).data
    except (NotFound, NotSupported):
        return ()


def signing_in() -> None:
    """Note that the sign-in page is open, to go back from it afterwards."""
    st.session_state[_SIGNING_IN] = True


def page_to_return_to() -> str | None:
    """After signing in: the page from which the sign-in page was opened, else the person's own."""
    if not st.session_state.get(_SIGNING_IN):
        return None
    own = "pages/review.py" if is_reviewer() else "pages/report.py"
    return str(st.session_state.get(_LAST_PAGE, own))


def remember_page(path: str) -> None:
    """Note that another page than the sign-in page is open."""
    st.session_state[_ARRIVED] = path != st.session_state.get(_LAST_PAGE)
    st.session_state[_LAST_PAGE] = path
    st.session_state.pop(_SIGNING_IN, None)
    identity.forget_sign_out()


def has_just_arrived() -> bool:
    """Whether this is the first run of a page since another one was open."""
    return bool(st.session_state.pop(_ARRIVED, False))


def prefill() -> Prefill:
    """What the link to the form said, also once another page has taken it out of the URL."""
    given = Prefill.from_url()
    if given != Prefill():
        st.session_state[_LINK] = given
    kept = st.session_state.get(_LINK)
    return kept if isinstance(kept, Prefill) else given


def report_key(new: NewIssue) -> str:
    """What makes the report on screen one report, however often it is sent unchanged."""
    if _REPORT_KEY not in st.session_state:
        st.session_state[_REPORT_KEY] = str(uuid.uuid4())
    name = draft.identity() or st.session_state[_REPORT_KEY]
    return hashlib.sha256(f"{name} {new.model_dump_json()}".encode()).hexdigest()


def sent_report() -> Issue | None:
    """The report that was just sent."""
    sent = st.session_state.get(_SENT_REPORT)
    return sent if isinstance(sent, Issue) else None


def remember_sent_report(issue: Issue) -> None:
    """Keep the report that was just sent, to show its number and receipt."""
    st.session_state[_SENT_REPORT] = issue
    st.session_state.pop(_ANOTHER_REPORT, None)


def report_by_name() -> None:
    """Have the report form say so, once the person has signed in."""
    st.session_state["report_anonymous"] = False


def start_another_report() -> None:
    """Forget the report that was sent and what is left of its form."""
    for key in (_SENT_REPORT, _REPORT_KEY, _LINK, *REPORT_FIELDS):
        st.session_state.pop(key, None)
    st.session_state[_ANOTHER_REPORT] = True


def is_another_report() -> bool:
    """Whether the form is open because another report was asked for."""
    return _ANOTHER_REPORT in st.session_state


def _client(token: str | Callable[[], str]) -> IssuesClient:
    here = backend.current()
    settings = get_settings()
    return IssuesClient(
        here.url,
        token,
        # Servers of the newer form want it; one that was not set would be the wrong one there.
        org=settings.org if not here.embedded and "org" in settings.model_fields_set else None,
        timeout=_TIMEOUT,
        attempts=_ATTEMPTS,
        patience=_PATIENCE,
        transport=here.transport,
    )
