"""This browser session: who it is, its API clients, and what it remembers. Pages ask here only."""

import hashlib
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from threading import Lock
from typing import Final
from urllib.parse import parse_qsl, urlencode

import streamlit as st
from streamlit.errors import StreamlitSecretNotFoundError

from auth import api_backend, current_user, return_target
from auth.current_user import SignIn
from auth.return_target import Errand
from components.report import draft_autosave
from components.report.embed import Prefill
from components.ui import messages, placeholders, query_params
from components.ui.i18n import _
from issue_portal.client.client import IssuesClient
from issue_portal.client.errors import Invalid, IssuesError, NotFound, NotSupported
from issue_portal.core import portal_token
from issue_portal.core.client_address import counted_as
from issue_portal.core.portal_token import Person, Visitor
from issue_portal.core.settings import get_settings
from issue_portal.models.requests import IssueQuery, NewIssue
from issue_portal.models.responses import HistoryEntry, Issue
from issue_portal.models.vocabulary import Role

_TIMEOUT: Final = 5.0
_ATTEMPTS: Final = 3
_PATIENCE: Final = 12.0
_FAR_FUTURE: Final = 2**52
"""Milliseconds since 1970."""

_REPORT_FIELDS: Final = (
    "report_type",
    "report_description",
    "report_thread",
    "report_interaction",
    "report_project",
)
"""The widget keys of what another report has not in common with the one before."""

_REPORT_KEY = "report_key"
_LINK = "report_link"
_LINK_ADDRESS = "report_link_address"
_BY_NAME = "report_by_name"
_ANOTHER_REPORT = "another_report"
_SENDING = "sending"
_REPORT_FAULTS = "report_faults"
_SIGNING_IN = "signing_in"
_LAST_PAGE = "last_page"
_ARRIVED = "arrived"


def person() -> Person | None:
    """Who is signed in, or None for a visitor."""
    sign_in = current_user.current()
    return sign_in.person() if sign_in else None


def is_reviewer() -> bool:
    """Whether the person reviews issues. A courtesy to the eye: the API checks every call."""
    who = person()
    return who is not None and who.role in (Role.ADMIN, Role.OWNER)


def require(*, reviewer: bool = False) -> Person:
    """The person, once signed in: until then the page shows the sign-in form in its own place."""
    who = person()
    if who is None:
        with placeholders.no_rights(_("Sign in to see this page.")):
            sign_in_form()
        st.stop()
    if reviewer and not is_reviewer():
        messages.say_pending()  # Such as that a change was not made any more.
        with placeholders.no_rights(
            _("This page is for reviewers. Ask an operator if you should be one.")
        ):
            st.page_link("pages/my_issues.py", label=_("Show my issues"), icon=":material/inbox:")
        st.stop()
    return who


def stop_if_ended(title: str) -> None:
    """Show the sign-in form in place of a page if the sign-in of this browser tab has ended.

    What its person has written and was shown here, such as a receipt, is not for whoever comes
    next; what was written is there again once the same person has signed in.
    """
    if not current_user.has_ended():
        return
    st.title(title, anchor=False)
    with placeholders.no_rights(_("Your sign-in has ended. Sign in again.")):
        sign_in_form()
        st.button(
            _("Go on without signing in"), type="tertiary", on_click=current_user.go_on_without
        )
    draft_autosave.put_away()
    st.stop()


def require_still(*, reviewer: bool = False) -> Person:
    """For a part that runs without its page: draw the whole page if that must not be seen now."""
    who = person()
    if who is None or (reviewer and not is_reviewer()):
        st.rerun()
    return who


def client() -> IssuesClient:
    """A client that acts for the person, or for a visitor."""
    sign_in = current_user.current()
    return visitor_client() if sign_in is None else client_of(sign_in)


def client_of(sign_in: SignIn) -> IssuesClient:
    """A client that acts for whoever signed in, at each call only while the sign-in holds."""
    here = api_backend.current()

    def token() -> str:
        who = sign_in.person()
        if who is None:
            return ""  # The API answers that one has to sign in.
        return portal_token.sign(here.keys, who) if here.ours else _token_of(sign_in.username)

    return _client(token)


def _token_of(username: str) -> str:
    """The person's token on a remote server; none, which is told, if nobody has set it up."""
    try:
        return str(st.secrets.get("api_tokens", {}).get(username, ""))
    except StreamlitSecretNotFoundError:
        return ""


def visitor_client(*, patience: float = _PATIENCE) -> IssuesClient:
    """A client that never says who is signed in: anonymous reports and receipts go this way."""
    here = api_backend.current()
    if here.ours:
        visitor = Visitor(_visitor())
        return _client(lambda: portal_token.sign(here.keys, visitor), patience)
    return _client(get_settings().api_token.get_secret_value(), patience)


def _visitor() -> str:
    """What the API counts a visitor's requests under: the address, hashed.

    Visitors whose address is not known are counted together, or new sessions would have no limit.
    """
    address = counted_as(st.context.ip_address)
    return api_backend.current().keys.hash("visitor", address).hex()[:32]


def is_remote() -> bool:
    """Whether another server keeps the issues."""
    return not api_backend.current().ours


def can_filter(sign_in: SignIn | None = None) -> bool:
    """Whether the server filters lists: one of the original form refuses to, or does not listen."""
    here = api_backend.current()
    if here.filters is None:
        asking = client_of(sign_in) if sign_in else client()
        try:
            of_the_future = asking.list(IssueQuery(page_size=1, start_date=_FAR_FUTURE)).data
        except Invalid:
            here.filters = False
            return False
        if of_the_future:
            here.filters = False
        elif asking.list(IssueQuery(page_size=1)).data:
            here.filters = True
    # An empty list fits all filters.
    return here.filters is not False


def history(issue: Issue) -> tuple[HistoryEntry, ...]:
    """What happened to an issue; nothing where the server does not keep a history."""
    try:
        return client().history(issue.id).data
    except (NotFound, NotSupported):
        return ()


def sign_in_form() -> None:
    """What signs in, and leads back to the page that is open, or was before the sign-in page."""
    current_user.sign_in_form(
        Errand(
            signing_in=True,
            page=str(st.session_state.get(_LAST_PAGE, "")),
            query=urlencode(st.query_params.to_dict()),
        )
    )


def come_back() -> None:
    """Lead a person who was away to sign in or out to where they wanted to be then."""
    errand = return_target.over()
    if errand is None:
        return
    if not errand.signing_in:
        current_user.note_sign_out()
        if errand.copies_hold:
            current_user.note_that_copies_may_hold()
        if errand.change_lost:
            current_user.note_that_change_is_lost()
        st.switch_page("pages/sign_in.py")
    pages = {str(file) for file in Path("pages").glob("[a-z]*.py")}
    # As `remember_page` is told: from the sign-in page one would be led to itself, without end.
    if errand.page in pages - {"pages/sign_in.py", "pages/not_found.py"}:
        st.session_state[_LAST_PAGE] = errand.page
    if person() is None:
        current_user.note_failure()
        st.switch_page("pages/sign_in.py")
    signing_in()
    # The note can be changed by hand, and Streamlit does not take its own options here.
    query = {name: value for name, value in parse_qsl(errand.query) if "embed" not in name.lower()}
    st.switch_page(page_to_return_to() or "", query_params=query)


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
    if path != st.session_state.get(_LAST_PAGE):
        st.session_state[_ARRIVED] = True
        query_params.forget()
    st.session_state[_LAST_PAGE] = path
    st.session_state.pop(_SIGNING_IN, None)
    current_user.forget_sign_out()


def has_just_arrived() -> bool:
    """Whether this is the first run of a page since another one was open."""
    return bool(st.session_state.pop(_ARRIVED, False))


def prefill() -> Prefill | None:
    """What the link to the form said, also once another page has taken it out of the URL."""
    address = st.query_params.to_dict()
    if address != st.session_state.get(_LINK_ADDRESS):
        # Once, not with each run: a long text takes its time.
        st.session_state[_LINK_ADDRESS] = address
        if given := Prefill.from_url():
            st.session_state[_LINK] = given
    kept = st.session_state.get(_LINK)
    return kept if isinstance(kept, Prefill) else None


def report_key(new: NewIssue) -> str:
    """What makes the report on screen one report, however often it is sent unchanged."""
    if _REPORT_KEY not in st.session_state:
        st.session_state[_REPORT_KEY] = str(uuid.uuid4())
    name = draft_autosave.identity() or st.session_state[_REPORT_KEY]
    return hashlib.sha256(f"{name} {new.model_dump_json()}".encode()).hexdigest()


@dataclass
class Sending:
    """The report that is sent, and what came of it.

    Who changes the language meanwhile, or opens another page, has Streamlit begin another run, and
    the one that sends is broken off when the answer is here: what it brought is kept for the other.
    """

    new: NewIssue | None = None
    sent: Issue | None = None
    error: IssuesError | None = None
    untold: bool = False
    """Whether its page has still to show what came of it."""
    _under_way: Lock = field(default_factory=Lock)

    def send(self, client: IssuesClient, new: NewIssue, key: str) -> None:
        """Send it. Between the answer and its being kept, nothing here calls Streamlit."""
        with _shown_as_sending(), self._under_way:
            self.new, self.error = new, None
            try:
                self.sent = client.create(new, idempotency_key=key)
            except IssuesError as error:
                self.error = error
            self.untold = True

    def mark_told(self) -> None:
        """Note that its page has shown what came of it."""
        self.error, self.untold = None, False

    def wait(self) -> None:
        """Wait for what another run of this browser session sends, if it does."""
        if self._under_way.locked():
            with _shown_as_sending(), self._under_way:
                pass


@contextmanager
def _shown_as_sending() -> Iterator[None]:
    """Say so meanwhile; `draft.js` lets nobody write into the form then."""
    with st.container(key="sending"), st.spinner(_("Sending…")):
        yield


def sending() -> Sending:
    """The report of this browser session."""
    found: Sending = st.session_state.setdefault(_SENDING, Sending())
    return found


def remember_sent_report(issue: Issue) -> None:
    """Keep the report that was just sent, to show its number and receipt."""
    sending().sent = issue
    st.session_state.pop(_ANOTHER_REPORT, None)


def report_by_name() -> None:
    """Have the report form say so, once the person has signed in."""
    st.session_state["report_anonymous"] = False
    st.session_state[_BY_NAME] = uuid.uuid4().hex


def asked_by_name() -> str:
    """Names the last time that `report_by_name` was called; nothing if it never was."""
    return str(st.session_state.get(_BY_NAME, ""))


def report_faults() -> Mapping[str, str]:
    """What the server found wrong with the report on screen, by the part of the form."""
    return dict(st.session_state.get(_REPORT_FAULTS, {}))


def remember_report_faults(faults: Mapping[str, str]) -> None:
    """Keep what the server found wrong, to show it beside the fields; nothing takes it away."""
    st.session_state[_REPORT_FAULTS] = dict(faults)


def start_another_report() -> None:
    """Forget the report that was sent and what is left of its form, but for the choice of name."""
    for key in (_SENDING, _REPORT_KEY, _REPORT_FAULTS, _LINK, _LINK_ADDRESS, *_REPORT_FIELDS):
        st.session_state.pop(key, None)
    query_params.change(**dict.fromkeys(Prefill.names(), ""))
    st.session_state[_ANOTHER_REPORT] = True


def is_another_report() -> bool:
    """Whether the form is open because another report was asked for."""
    return _ANOTHER_REPORT in st.session_state


def _client(token: str | Callable[[], str], patience: float = _PATIENCE) -> IssuesClient:
    here = api_backend.current()
    settings = get_settings()
    return IssuesClient(
        here.url,
        token,
        # Servers of the newer form want it; one that was not set would be the wrong one there.
        org=settings.org if not here.ours and "org" in settings.model_fields_set else None,
        timeout=min(_TIMEOUT, patience),
        attempts=_ATTEMPTS,
        patience=patience,
        transport=here.transport,
    )
