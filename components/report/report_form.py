"""The report form: what kind of problem, what happened, anonymous or not; all else is folded."""

from collections.abc import Callable, Iterator, Mapping
from typing import Final

import streamlit as st
from pydantic import TypeAdapter, ValidationError
from streamlit.delta_generator import DeltaGenerator

from components import server_capabilities
from components.report import draft_autosave, embed, report_state
from components.report.draft_autosave import InitialValues
from components.report.prefill import Prefill
from components.ui import i18n, labels, plain_text
from components.ui.i18n import _, ngettext
from issue_portal.client.errors import BadRequestError
from issue_portal.core.portal_token import Person
from issue_portal.models.requests import NewIssue, Reference, ThreadConfig
from issue_portal.models.responses import Issue
from issue_portal.models.text_rules import check_text, is_blank, unmarked
from issue_portal.models.vocabulary import DESCRIPTION_LIMIT as LIMIT
from issue_portal.models.vocabulary import IssueType, ResourceType

_WIDGETS_BY_FIELD: Final = {
    "type": "report_type",
    "description": "report_description",
    "anonymous": "report_anonymous",
    "config": "report_interaction",
    "thread_id": "report_thread",
    "reported_interaction_id": "report_interaction",
    "project_id": "report_project",
}
"""The keys of the widgets, by the names that a server may give to what is wrong."""

_REFERENCE_FIELDS: Final = {
    "report_thread": "config",
    "report_interaction": "config",
    "report_project": "project_id",
}
"""Where it happened: the fields of `NewIssue`, by the keys of the widgets."""

_REFERENCE: Final[TypeAdapter[str]] = TypeAdapter(Reference)


def render(who: Person | None, link: Prefill | None) -> NewIssue | None:
    """Show the form, as a ``link`` has filled it in; returns the report once sent and complete."""
    given = link or Prefill()
    kinds = list(IssueType)
    choice = kinds.index(given.type) if given.type else None
    slots: dict[str, DeltaGenerator] = {}
    with st.form("report", border=False, enter_to_submit=False):
        kind = st.radio(
            _("What kind of problem is it?"),
            kinds,
            index=choice,
            format_func=lambda k: f"**{labels.format_type(k)}:** {labels.explain_type(k)}",
            key="report_type",
            persist_state="session",
        )
        slots["report_type"] = st.empty()
        description = st.text_area(
            _("What happened?"),
            given.description,
            height=150,
            placeholder=_("What did you ask, what did you get, and what did you expect?"),
            key="report_description",
        )
        slots["report_description"] = st.empty()
        places = {
            "report_thread": given.thread,
            "report_interaction": given.interaction,
            "report_project": given.project,
        }
        draft_autosave.autosave(
            who,
            draft_autosave.REPORT_DRAFT,
            text="report_description",
            choice="report_type",
            toggle="report_anonymous",
            by_name=report_state.get_by_name_id(),
            places=tuple(places),
            initial=InitialValues(given.description, choice, places) if link else None,
            hint=_("It helps to quote what is wrong, say what is right, and name the file."),
            hint_of_link=_(
                "This text came with the link and can tell who followed it."
                " If nobody should know, write it in your own words."
            ),
        )
        anonymous = _render_anonymous_toggle(who)
        slots["report_anonymous"] = st.empty()
        thread, interaction, project = _render_references(places, slots)
        sent = st.form_submit_button(
            _("Send report"), type="primary", icon=":material/send:", key="send"
        )
    if not sent:
        for key, told in report_state.get_report_faults().items():
            _render_fault(slots, told, key)
        return None
    report_state.remember_report_faults({})
    if anonymous and len(description) <= LIMIT:
        # What nobody sees could tell who sent it: it may come from a link, or from elsewhere.
        description = unmarked(description)
        thread, interaction, project = map(unmarked, (thread, interaction, project))
    problems = [
        *([(_("Choose the kind of problem."), "report_type")] if kind is None else []),
        *([(fault, "report_description")] if (fault := find_text_fault(description)) else []),
        *_find_reference_faults(thread, interaction, project),
    ]
    for told, *keys in problems:
        _render_fault(slots, told, *keys)
    if who is None and not anonymous:
        told = _("Sign in first (the link is below), or report anonymously.")
        _render_fault(slots, told, "report_anonymous", icon="arrow_downward")
        return None
    if problems or kind is None:
        return None
    return NewIssue(
        description=description,
        resource_type=ResourceType.THREAD,
        type=kind,
        anonymous=anonymous,
        project_id=project or None,
        config=ThreadConfig(thread_id=thread, reported_interaction_id=interaction)
        if thread
        else None,
    )


def _render_references(
    places: Mapping[str, str], slots: dict[str, DeltaGenerator]
) -> tuple[str, str, str]:
    """Where it happened: folded, unless a link said it, the server needs it or refused it."""
    # What came with a link is shown: it goes along even with an anonymous report.
    came_with_link = any(places.values())
    needed = bool(server_capabilities.get_capabilities().required_fields)
    with st.expander(
        _("Where it happened") if needed else _("Where it happened (optional)"),
        icon=":material/link:",
        expanded=came_with_link
        or needed
        or not report_state.get_report_faults().keys().isdisjoint(_REFERENCE_FIELDS),
    ):
        # Always: it may have come with a link that was followed before.
        st.caption(
            _("What came with a link can tell who followed it. Clear what you do not want to send.")
        )
        if needed:
            st.caption(
                _(
                    "The server takes no report without this."
                    " It goes along with an anonymous report, too."
                )
            )
        st.caption(labels.explain_references())
        entered = []
        for (key, value), label in zip(places.items(), labels.list_reference_labels(), strict=True):
            text = st.text_input(label, value, key=key, persist_state="session")
            slots[key] = st.empty()
            entered.append(text.strip())
    thread, interaction, project = entered
    return thread, interaction, project


def _render_fault(
    slots: Mapping[str, DeltaGenerator], told: str, *keys: str, icon: str = "arrow_upward"
) -> None:
    """Tell what is wrong below the last of the widgets; correcting any of them takes it away."""
    place = slots[keys[-1]].container(key="__".join(["problem", *keys]))
    place.error(told, icon=f":material/{icon}:")


def _find_reference_faults(
    thread: str, interaction: str, project: str
) -> Iterator[tuple[str, ...]]:
    """What is wrong with where it happened, each with the keys of the widgets."""
    for key, value in zip(_REFERENCE_FIELDS, (thread, interaction, project), strict=True):
        if fault := _find_id_fault(value):
            yield fault, key
    if bool(thread) != bool(interaction):
        told = _("Give both thread and interaction, or neither.")
        yield told, *(("report_thread", "report_interaction")[:: 1 if thread else -1])


def _find_id_fault(value: str) -> str | None:
    if not value:
        return None
    try:
        _REFERENCE.validate_python(value)
    except ValidationError as error:
        if error.errors()[0]["type"] == "string_too_long":
            return _("This is too long: an id has at most 200 characters.")
        return _("This has characters that cannot be stored.")
    return None


def remember_refusal(new: NewIssue, error: BadRequestError) -> bool:
    """Have the form show beside its fields why the server refused ``new``.

    Returns False if the server did not name a field of the form.
    """
    faults: dict[str, str] = {}
    lacking = set()
    for item in error.fields:
        key = next(
            (
                _WIDGETS_BY_FIELD[part]
                for part in item.field.split(".")[::-1]
                if part in _WIDGETS_BY_FIELD
            ),
            "",
        )
        if not key:
            return False
        field = _REFERENCE_FIELDS.get(key)
        if field and getattr(new, field) is None:
            lacking.add(field)
            needs = _("The server needs {fields}.")
            names = _("thread and interaction") if field == "config" else _("the project")
            faults[key] = needs.format(fields=names)
        else:
            said = _("The server does not accept this: {reason}")
            faults[key] = said.format(reason=plain_text.format_sentence(item.message))
    server_capabilities.learn_from_refusal(lacking)
    report_state.remember_report_faults(faults)
    return bool(faults)


def _render_anonymous_toggle(who: Person | None) -> bool:
    receipts = server_capabilities.gives_receipts()
    follow = " " + (_("You follow it by a receipt.") if receipts else _("It cannot be followed."))
    if who is None and embed.is_embedded():
        # Nobody signs in inside a frame: whose it is cannot be seen there.
        st.caption(
            _("The report is anonymous: nobody can find out who sent it, not even an operator.")
            + follow
        )
        return True
    # Not by the widget's own default, which Streamlit would warn about once a link has set it off.
    st.session_state.setdefault("report_anonymous", True)
    anonymous = st.toggle(_("Report anonymously"), key="report_anonymous", persist_state="session")
    on = _("On: nobody can find out who sent it, not even an operator.") + follow
    if who:
        off = _("Off: reviewers see your name, and you find it in My issues.")
    else:
        off = _("Off: you sign in first.")
    st.caption(f"{on} {off}")
    return bool(anonymous)


def render_type_select(
    issue: Issue, *, key: str, on_change: Callable[[], None] | None = None
) -> IssueType | None:
    """A choice of the kind of problem, set to the issue's; None for one that we do not know."""
    kinds = list(IssueType)
    return st.selectbox(
        _("Kind of problem"),
        kinds,
        index=kinds.index(IssueType(issue.type)) if issue.type in kinds else None,
        format_func=labels.format_type,
        key=key,
        on_change=on_change,
    )


def find_text_fault(description: str) -> str | None:
    """What keeps a text from being stored, in words for the person; None if nothing does."""
    if len(description) > LIMIT:
        over = len(description) - LIMIT
        text = ngettext(
            "This is {over} character too long: at most {limit} can be sent.",
            "This is {over} characters too long: at most {limit} can be sent.",
            over,
        )
        return text.format(over=i18n.format_number(over), limit=i18n.format_number(LIMIT))
    if is_blank(description):
        return _("Write what happened: it is still empty.")
    try:
        check_text(description)
    except ValueError:
        return _("The text has characters that cannot be stored. Remove them and send again.")
    return None
