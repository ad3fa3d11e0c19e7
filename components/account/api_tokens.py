"""The API tokens of the current user: list, create, show the secret once, revoke."""

import html
from collections.abc import Sequence, Set
from datetime import UTC, date, datetime, timedelta

import streamlit as st

from auth import current_user
from components import api_session, server_capabilities
from components.account import api_token_form, revoke_token_dialog
from components.ui import copy_button, focus, i18n, labels, local_time, messages
from components.ui.i18n import _
from issue_portal.client.errors import IssuesError, NotFoundError, NotSupportedError
from issue_portal.core.portal_token import Person
from issue_portal.core.settings import get_settings
from issue_portal.models.responses import ApiToken


def render(person: Person) -> None:
    """Render the section, unless the server does not let people create API tokens."""
    if not server_capabilities.get_capabilities().api_tokens:
        return
    api_token_form.get_form().wait()
    try:
        tokens = api_session.client().tokens()
    except (NotFoundError, NotSupportedError):
        server_capabilities.learn_api_tokens(exist=False)
        return
    except IssuesError as error:
        st.header(_("API tokens"), anchor=False)
        messages.render_failure(error, failed=_("We couldn't load your API tokens."))
        return
    st.header(_("API tokens"), anchor=False)
    _render_purpose()
    tokens = tuple(sorted(tokens, key=lambda token: (token.name or "").casefold()))
    _render_list(tokens)
    # Next to the form, where the person looks, however long the list is.
    _render_created({token.id for token in tokens})
    api_token_form.render(person, {(token.name or "").strip().casefold() for token in tokens})
    revoke_token_dialog.render()


def forget_created() -> None:
    """Forget the secret of the token that was just created, and what the form said last."""
    api_token_form.get_form().forget_outcome()


def _close_created() -> None:
    """Close the box with the secret, and go on in the form."""
    forget_created()
    form = api_token_form.get_form()
    focus.move_to(form.key_of("name"), form.key_of("fold"))


def _render_purpose() -> None:
    text = _("Scripts and other programs sign in with a token instead of your password.")
    if not get_settings().api_url:  # Otherwise the reference is on another server.
        text += " " + _("[See what the API can do](/api/docs).")
    st.caption(text)


def _render_created(token_ids: Set[str]) -> None:
    """Render the secret of the token that was just created, unless it is already revoked."""
    form = api_token_form.get_form()
    created, owner = form.created, form.owner
    if created is None or created.id not in token_ids or owner != current_user.get_session_owner():
        return
    with st.container(border=True, key="created_api_token_box"):
        title = html.escape(created.name)
        text = _("Your new token {name}").format(name=f"<b><bdi>{title}</bdi></b>")
        st.html(f'<div role="status">{text}</div>')
        st.code(created.token, language=None, wrap_lines=True)
        st.warning(
            _("Copy it now: it can't be shown again. Anyone who has it can act as you."),
            icon=":material/priority_high:",
        )
        with st.container(horizontal=True, key="created_api_token_actions"):
            copy_button.render(
                _("Copy token"), created.token, key=api_token_form.COPY_KEY, has_border=True
            )
            st.button(_("Done"), on_click=_close_created, key="created_api_token_done")


def _render_list(tokens: Sequence[ApiToken]) -> None:
    form_key = api_token_form.get_form().key_of("fold")
    for position, token in enumerate(tokens):
        # After the token is revoked, the person goes on at the next one, or at the form.
        neighbours = [*tokens[position + 1 :], *reversed(tokens[:position])]
        next_keys = [f"revoke_{other.id}" for other in neighbours[:1]]
        with st.container(
            horizontal=True,
            vertical_alignment="center",
            horizontal_alignment="distribute",
            key=f"api_token_{token.id}",
        ):
            st.html(_format_token(token))
            st.button(
                _("Revoke"),
                key=f"revoke_{token.id}",
                type="tertiary",
                icon=":material/delete:",
                on_click=revoke_token_dialog.ask,
                args=(token, [*next_keys, form_key]),
            )


def _format_token(token: ApiToken) -> str:
    name = f"<bdi>{html.escape(token.name)}</bdi>" if token.name else _("Unnamed token")
    facts = [
        ", ".join(map(labels.format_scope, token.scopes)),
        labels.format_role(token.role) if token.role else "",
        _format_creation(token),
        _format_expiry(token),
        _format_use(token),
    ]
    details = html.escape(" · ".join(fact for fact in facts if fact))
    return f'<div class="token"><b>{name}</b><br><span>{details}</span></div>'


def _format_creation(token: ApiToken) -> str:
    if token.created_at is None:
        return ""
    # A day in UTC: a time zone west of it would show the day before.
    return _("created {day}").format(day=_format_day(token.created_at.date()))


def _format_expiry(token: ApiToken) -> str:
    if token.expires_at is None:
        return _("no expiry")
    if token.expires_at <= datetime.now(UTC):
        return _("expired")
    # A token expires at midnight (UTC): show the last day on which it works.
    day = _format_day((token.expires_at - timedelta(seconds=1)).date())
    return _("valid until {day}").format(day=day)


def _format_use(token: ApiToken) -> str:
    if token.last_used_at is None:
        return _("never used")
    return _("last used {day}").format(day=_format_day(date.fromisoformat(token.last_used_at)))


def _format_day(day: date) -> str:
    return i18n.format_day(day, local_time.get_today())
