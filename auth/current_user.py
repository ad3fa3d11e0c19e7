"""Who is using this browser session: signing in, staying signed in, signing out."""

import uuid
from collections.abc import Callable
from typing import Protocol

import streamlit as st
from starlette.requests import HTTPConnection

from auth import api_backend, oidc, password, return_target, session_owners, sign_in_cookie
from auth.mode import DEFAULT, Way, providers, way_in
from auth.password import PasswordSignIn
from auth.return_target import Errand
from components.report import embed
from components.ui import i18n, labels, messages
from components.ui.i18n import _
from issue_portal.core.portal_token import Person

_SIGN_IN = "signed_in_by"
_JUST_SIGNED_OUT = "just_signed_out"
_NOT_SIGNED_IN = "not_signed_in"
_HELD = "sign_in_held"
"""Whether a sign-in has held in this browser session."""
_COPIES_HOLD = "sign_in_copies_hold"
"""Whether the person has signed out here, but copies of the cookie may work again after a start."""
_CHANGE_LOST = "change_lost"
"""Whether the change that the person made last could not be saved before they signed out."""
_LEAVING = "leaving"
"""The provider where one is about to sign in, or nothing to sign out."""


class SignIn(Protocol):
    """Someone's sign-in, of either kind. What it says is looked up anew each time."""

    @property
    def id(self) -> str:
        """Opaque, of this sign-in alone."""

    @property
    def username(self) -> str:
        """The account's user name, or the address at the provider."""

    @property
    def ends_at(self) -> float:
        """When it ends by itself, in seconds since 1970."""

    def person(self) -> Person | None:
        """Who it is, with the role as it is now; None once it does not hold any more."""


def current() -> SignIn | None:
    """The sign-in of this browser session, as long as it holds; None for a visitor."""
    found = _found()
    if found is None or found.person() is None:
        return None
    st.session_state[_HELD] = True
    return found


def has_ended() -> bool:
    """Whether someone was signed in here, and was signed out elsewhere or by time."""
    return _HELD in st.session_state and current() is None


def name_of(sign_in: SignIn | None) -> str:
    """What tells a sign-in from all others, of any person; "" for a visitor."""
    return f"{sign_in.username} {sign_in.id}" if sign_in else ""


def owner() -> str:
    """Whose this browser session is: what `name_of` says of its sign-in, whether it holds or not.

    One that was ended may hold again, such as that of an account that is enabled again.
    """
    return name_of(_found())


def signed_in_by(request: HTTPConnection) -> SignIn | None:
    """The sign-in that a request beside the pages comes with, if it holds."""
    found: SignIn | None
    if way_in() is Way.ACCOUNTS:
        kept = sign_in_cookie.value_in(request.cookies, is_secure=_is_secure(request))
        found = password.read(kept)
    else:
        found = oidc.of(request)
    return found if found and found.person() else None


def _is_secure(request: HTTPConnection) -> bool:
    """Whether the browser reached us over TLS; a proxy in between may speak plain HTTP to us."""
    origin = request.headers.get("Origin")
    return origin.startswith("https:") if origin else request.url.scheme in ("https", "wss")


def sign_in_form(errand: Errand) -> None:
    """What signs in. With a password the page is run again as the one who signed in; at a provider
    the person leaves for ``errand``, and comes back to a new session.
    """
    if embed.is_on():
        # A provider refuses to be framed, and browsers keep no cookie for a frame.
        embed.page_link("sign_in", label=_("Sign in"), icon=":material/login:")
    elif way_in() is not Way.ACCOUNTS:
        _sign_in_elsewhere(errand)
    elif begun := password.form():
        _begin(begun)


def change_password_form(before: Callable[[], object]) -> None:
    """A folded form that does ``before`` and changes the password, for those who have one here."""
    sign_in = current()
    if not isinstance(sign_in, PasswordSignIn):
        return
    with st.expander(_("Change password"), icon=":material/key:"):
        changed = password.change_form(sign_in, before)
    if changed:
        messages.next_run(_("Your password is changed."))
        _begin(changed)


def sign_out_button(before: Callable[[], bool] = lambda: True) -> None:
    """The button that does ``before`` and signs out; none where a proxy signs people in and out.

    ``before`` tells whether it could save what was to be saved.
    """
    if way_in() is Way.PROXY:
        st.caption(_("Your organisation signs you in and out."))
    else:
        st.button(
            _("Sign out"), icon=":material/logout:", on_click=_sign_out, kwargs={"before": before}
        )


def note_sign_out() -> None:
    """The person has come back from signing out at the provider."""
    st.session_state[_JUST_SIGNED_OUT] = uuid.uuid4().hex


def just_signed_out() -> str:
    """Names the signing out, if that was the last thing that happened; else nothing."""
    return str(st.session_state.get(_JUST_SIGNED_OUT, ""))


def copies_may_hold() -> bool:
    """Whether the last sign-out could not be written down, so that it ends with this process."""
    return _COPIES_HOLD in st.session_state


def note_that_copies_may_hold() -> None:
    """The sign-out could not be written down."""
    st.session_state[_COPIES_HOLD] = True


def change_is_lost() -> bool:
    """Whether the change that was made last could not be saved before the person signed out."""
    return _CHANGE_LOST in st.session_state


def note_that_change_is_lost() -> None:
    """The change that was made last could not be saved."""
    st.session_state[_CHANGE_LOST] = True


def note_failure() -> None:
    """The person has come back from the provider as a visitor."""
    st.session_state[_NOT_SIGNED_IN] = True


def forget_sign_out() -> None:
    """Something else has happened since."""
    st.session_state.pop(_JUST_SIGNED_OUT, None)
    st.session_state.pop(_NOT_SIGNED_IN, None)
    st.session_state.pop(_COPIES_HOLD, None)
    st.session_state.pop(_CHANGE_LOST, None)


def _found() -> SignIn | None:
    if way_in() is not Way.ACCOUNTS:
        return oidc.current()
    if _SIGN_IN not in st.session_state:
        st.session_state[_SIGN_IN] = password.read(sign_in_cookie.read())
    found: PasswordSignIn | None = st.session_state[_SIGN_IN]
    return found


def _begin(sign_in: PasswordSignIn) -> None:
    before = _found()
    if before and before.username != sign_in.username:
        _clear()  # It was ended elsewhere, and this is somebody else.
    st.session_state[_SIGN_IN] = sign_in
    session_owners.note(name_of(sign_in))
    sign_in_cookie.keep(sign_in.cookie(), password.lifetime())
    st.rerun()


def _sign_out(before: Callable[[], bool]) -> None:
    """End the sign-in, in this browser and in any that has a copy: nothing stays behind.

    Whatever fails, the session of this browser and its cookie are ended.
    """
    found, is_noted, is_saved = _found(), True, False
    try:
        try:
            is_saved = before()
        finally:
            if found:
                is_noted = False
                is_noted = api_backend.current().ended.add(found.id, found.ends_at)
    finally:
        _clear()
        note_sign_out()
        if not is_noted:
            note_that_copies_may_hold()
        if not is_saved:
            note_that_change_is_lost()
        if way_in() is Way.PROVIDER:
            st.session_state[_LEAVING] = ""
        else:
            st.session_state[_SIGN_IN] = None
            sign_in_cookie.remove()


def go_on_without() -> None:
    """Be a visitor from now on: the sign-in of this tab has ended, and is not looked for again."""
    _clear()
    if way_in() is Way.ACCOUNTS:
        st.session_state[_SIGN_IN] = None
        sign_in_cookie.remove()


def _clear() -> None:
    chosen = i18n.current()
    seen = st.session_state.get(oidc.SEEN)
    st.session_state.clear()
    i18n.choose(chosen)
    if seen is not None:  # What a proxy has said does not get younger.
        st.session_state[oidc.SEEN] = seen


def _sign_in_elsewhere(errand: Errand) -> None:
    here = oidc.current()
    if here and here.holds():
        st.error(
            _(
                "You are signed in as {address}, which gives you no access here. Ask an operator"
                " for it, or sign out and sign in as somebody else."
            ).format(address=labels.code(here.username or here.name or "?")),
            icon=":material/block:",
        )
        sign_out_button()
        return
    if way_in() is Way.PROXY:
        st.info(
            _(
                "Your organisation signs you in before you get here, and has not done so."
                " Reload the page; if this stays, tell an operator."
            )
        )
        return
    if st.session_state.get(_NOT_SIGNED_IN):
        st.error(
            _("You were not signed in: it was refused, or not finished. Try again."),
            icon=":material/error:",
        )
    with st.container(key="providers", horizontal=True, width="content"):
        for name in providers():
            words = _("Sign in with {provider}").format(provider=name.title())
            label = _("Sign in") if name == DEFAULT else words
            key, icon = f"sign_in_{name}", ":material/login:"
            st.button(label, key=key, type="primary", icon=icon, on_click=_leave_for, args=(name,))
    if _LEAVING in st.session_state:
        signing_in = bool(st.session_state[_LEAVING])
        leaving = Errand(
            signing_in=False, copies_hold=copies_may_hold(), change_lost=change_is_lost()
        )
        return_target.note(errand if signing_in else leaving, _leave)


def _leave_for(name: str) -> None:
    st.session_state[_LEAVING] = name


def _leave() -> None:
    if _LEAVING not in st.session_state:
        return  # The browser said twice that it may.
    name = st.session_state.pop(_LEAVING)
    if name:
        st.login(name)
    else:
        st.logout()
