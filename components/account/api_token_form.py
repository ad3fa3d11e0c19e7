"""The form to create an API token."""

from dataclasses import dataclass, field
from threading import Lock
from typing import Final

import streamlit as st

from auth import current_user
from components import api_session
from components.ui import i18n, labels, messages
from components.ui.i18n import _
from issue_portal.client.errors import ConflictError, IssuesError
from issue_portal.core.portal_token import Person
from issue_portal.models.permissions import list_usable_scopes
from issue_portal.models.responses import CreatedApiToken
from issue_portal.models.text_rules import is_blank, strip_hidden_marks
from issue_portal.models.vocabulary import TOKEN_NAME_LIMIT, Role, Scope

_DAYS: Final = (30, 90, 365)
_FORM_KEY: Final = "api_token_form"


@dataclass
class TokenForm:
    """The form of one browser session, and the token that it created last.

    If the person clicks elsewhere while a run creates the token, Streamlit (1.67) starts another
    run at once, and stops the first one at its next element. So the callback of the button creates
    the token: code below the button might not be reached. This object keeps the secret, or the
    reason why there is none, for the other run.
    """

    number: int = 0
    """Number of tokens created. In the keys of the widgets, so that the form is empty again."""

    created: CreatedApiToken | None = None
    """The token with its secret, until the person leaves the page."""

    owner: str = ""
    """The sign-in that created the token."""

    fault: str = ""
    """Why the last press of the button created no token."""

    lock: Lock = field(default_factory=Lock)
    """Held while a run creates a token."""

    def wait(self) -> None:
        """Wait while another run of this session creates a token."""
        with self.lock:
            pass


def get_form() -> TokenForm:
    """Return the form of this browser session."""
    form: TokenForm = st.session_state.setdefault(_FORM_KEY, TokenForm())
    return form


def render(person: Person) -> None:
    """Render the form, folded."""
    form = get_form()
    number = form.number
    with st.expander(_("Create a token"), icon=":material/add:"):
        with st.form(f"create_api_token_{number}", border=False, enter_to_submit=False):
            st.text_input(
                _("Name"),
                max_chars=TOKEN_NAME_LIMIT,
                placeholder=_("For example: nightly export"),
                autocomplete="off",
                key=f"token_name_{number}",
            )
            _render_scopes(person, number)
            _render_role(person, number)
            st.radio(
                _("Expires after"),
                _DAYS,
                index=1,
                format_func=lambda days: _("{count} days").format(count=days),
                horizontal=True,
                key=f"token_days_{number}",
            )
            st.form_submit_button(
                _("Create token"),
                type="primary",
                key=f"create_token_{number}",
                on_click=_submit,
                args=(person, number),
            )
        if form.fault:
            st.error(form.fault, icon=":material/error:")


def _render_scopes(person: Person, number: int) -> None:
    title = _("What can it do?")
    with st.container(gap="xsmall"):
        st.markdown(title)
        for scope in list_usable_scopes(person.role):
            st.checkbox(
                i18n.join_label(labels.format_scope(scope), labels.explain_scope(scope)),
                key=f"token_{scope}_{number}",
            )


def _render_role(person: Person, number: int) -> None:
    """Render a reviewer's choice between all reports and only their own."""
    if Scope.REVIEW not in list_usable_scopes(person.role):
        return
    names = {
        person.role: _("All reports"),
        Role.MEMBER: _("Only reports sent with your name"),
    }
    st.radio(
        _("Which reports?"),
        list(names),
        format_func=names.__getitem__,
        key=f"token_role_{number}",
    )


def _submit(person: Person, number: int) -> None:
    """Create the token of the form with this number, or note why that is not possible."""
    form, values = get_form(), st.session_state
    with form.lock:
        if form.number != number:
            return  # The first run of a double click has created the token.
        name = strip_hidden_marks(values[f"token_name_{number}"])
        scopes = [
            scope for scope in list_usable_scopes(person.role) if values[f"token_{scope}_{number}"]
        ]
        role: Role = values.get(f"token_role_{number}", person.role)
        form.fault = " ".join(_find_faults(name, scopes, role)) or _create(
            form, name, scopes, role, values[f"token_days_{number}"]
        )


def _find_faults(name: str, scopes: list[Scope], role: Role) -> list[str]:
    """Return all reasons why a token cannot be created."""
    faults = []
    if is_blank(name):
        faults.append(_("Give the token a name."))
    if not scopes:
        faults.append(_("Choose what the token can do."))
    if Scope.REVIEW in scopes and Scope.REVIEW not in list_usable_scopes(role):
        faults.append(_("To review, the token needs access to all reports."))
    return faults


def _create(form: TokenForm, name: str, scopes: list[Scope], role: Role, days: int) -> str:
    """Create a token and note it in ``form``; return why that failed, or ""."""
    owner = current_user.get_session_owner()
    try:
        form.created = api_session.client().create_token(
            name=name, scopes=scopes, expires_in_days=days, role=role
        )
    except ConflictError:
        return _("You've reached the maximum number of tokens. Revoke one you no longer use.")
    except IssuesError as error:
        failed = _("We couldn't create the token.")
        text = f"{failed} {messages.explain_cause(error)}"
        if error.unsure:
            text += " " + _(
                "Reload the page; if the token is in the list, revoke it and try again."
            )
        return text
    form.owner = owner
    form.number += 1
    return ""
