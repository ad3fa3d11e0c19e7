"""The form to create an API token."""

from collections.abc import Sequence, Set
from dataclasses import dataclass, field
from threading import Lock
from typing import Final

import streamlit as st

from auth import current_user
from components import api_session
from components.ui import fault_line, focus, i18n, labels, messages
from components.ui.i18n import _
from issue_portal.client.errors import ConflictError, IssuesError
from issue_portal.core.portal_token import Person
from issue_portal.models.permissions import list_usable_scopes
from issue_portal.models.responses import CreatedApiToken
from issue_portal.models.text_rules import is_blank, strip_hidden_marks
from issue_portal.models.vocabulary import TOKEN_NAME_LIMIT, Role, Scope

_DAYS: Final = (30, 90, 365)
_FORM_KEY: Final = "api_token_form"

COPY_KEY: Final = "copy_api_token"
"""Key of the button that copies the secret of a new token."""


@dataclass(frozen=True)
class TokenFault:
    """A fault of one or more fields. It is shown below the last of them."""

    text: str
    fields: tuple[str, ...]
    """Names as in `TokenForm.key_of`."""


@dataclass
class TokenForm:
    """The form of one browser session, and the token that it created last.

    If the person clicks elsewhere while a run creates the token, Streamlit (1.67) starts another
    run at once, and stops the first one at its next element. So the callback of the button creates
    the token: code below the button might not be reached. This object keeps the secret, or the
    reason why there is none, for the other run.
    """

    number: int = 0
    """Number of tokens created. In all keys, so that the form is empty and folded again."""

    created: CreatedApiToken | None = None
    """The token with its secret, until the person leaves the page."""

    owner: str = ""
    """The sign-in that created the token."""

    faults: Sequence[TokenFault] = ()
    """What the last press of the button found wrong with the fields."""

    failure: str = ""
    """Why the last press of the button created no token although the fields were right."""

    lock: Lock = field(default_factory=Lock)
    """Held while a run creates a token."""

    def wait(self) -> None:
        """Wait while another run of this session creates a token."""
        with self.lock:
            pass

    def key_of(self, field_name: str) -> str:
        """Return the key of a field's widget, such as "name" or a scope; "fold" is the form's."""
        return f"token_{field_name}_{self.number}"

    def forget_outcome(self) -> None:
        """Forget the secret of the last token, and what the form said last."""
        self.created, self.faults, self.failure = None, (), ""


def get_form() -> TokenForm:
    """Return the form of this browser session."""
    form: TokenForm = st.session_state.setdefault(_FORM_KEY, TokenForm())
    return form


def render(person: Person, names: Set[str]) -> None:
    """Render the form, folded. ``names`` are those of the person's tokens, case-folded."""
    form = get_form()
    number = form.number
    with st.expander(_("Create a token"), icon=":material/add:", key=form.key_of("fold")):
        with st.form(f"create_api_token_{number}", border=False, enter_to_submit=False):
            st.text_input(
                _("Name"),
                max_chars=TOKEN_NAME_LIMIT,
                placeholder=_("For example: nightly export"),
                autocomplete="off",
                key=form.key_of("name"),
            )
            _render_faults(form, "name")
            _render_scopes(form, person)
            _render_role(form, person)
            st.radio(
                _("Expires after"),
                _DAYS,
                index=1,
                format_func=lambda days: _("{count} days").format(count=days),
                horizontal=True,
                key=form.key_of("days"),
            )
            st.form_submit_button(
                _("Create token"),
                type="primary",
                key=form.key_of("create"),
                on_click=_submit,
                args=(person, number, names),
            )
        if form.failure:
            st.error(form.failure, icon=":material/error:")


def label_groups() -> dict[str, str]:
    """Return the labels of check boxes that belong together, by the key of their container."""
    return {get_form().key_of("scopes"): _("What can it do?")}


def _render_faults(form: TokenForm, field_name: str) -> None:
    """Render the faults that belong below a field; reserve their place, so that nothing moves."""
    slot = st.empty()
    for fault in form.faults:
        if fault.fields[-1] == field_name:
            fault_line.render(slot, fault.text, *map(form.key_of, fault.fields))


def _render_scopes(form: TokenForm, person: Person) -> None:
    with st.container(gap="xsmall", key=form.key_of("scopes")):
        st.markdown(_("What can it do?"))
        for scope in list_usable_scopes(person.role):
            st.checkbox(
                i18n.join_label(labels.format_scope(scope), labels.explain_scope(scope)),
                key=form.key_of(scope),
            )
    _render_faults(form, "scopes")


def _render_role(form: TokenForm, person: Person) -> None:
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
        key=form.key_of("role"),
    )
    _render_faults(form, "role")


def _submit(person: Person, number: int, names: Set[str]) -> None:
    """Create the token of the form with this number, or note why that is not possible."""
    form, values = get_form(), st.session_state
    with form.lock:
        if form.number != number:
            return  # The first run of a double click has created the token.
        name = strip_hidden_marks(values[form.key_of("name")])
        scopes = [scope for scope in list_usable_scopes(person.role) if values[form.key_of(scope)]]
        role: Role = values.get(form.key_of("role"), person.role)
        form.failure = ""
        form.faults = _find_faults(name, names, scopes, role)
        if form.faults:
            focus.move_to(form.key_of(form.faults[0].fields[-1]))
        else:
            form.failure = _create(form, name, scopes, role, values[form.key_of("days")])


def _find_faults(
    name: str, names: Set[str], scopes: Sequence[Scope], role: Role
) -> list[TokenFault]:
    """Return all reasons why a token cannot be created, in the order of the form."""
    faults = []
    if is_blank(name):
        faults.append(TokenFault(_("Give the token a name."), ("name",)))
    elif name.strip().casefold() in names:
        text = _("You already have a token with this name. Choose another name.")
        faults.append(TokenFault(text, ("name",)))
    if not scopes:
        faults.append(TokenFault(_("Choose what the token can do."), ("scopes",)))
    if Scope.REVIEW in scopes and Scope.REVIEW not in list_usable_scopes(role):
        text = _("To review, the token needs access to all reports.")
        faults.append(TokenFault(text, ("scopes", "role")))
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
    focus.move_to(COPY_KEY)
    return ""
