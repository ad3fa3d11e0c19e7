"""The report form: what kind of problem, what happened, anonymous or not; all else is folded."""

from collections.abc import Callable
from typing import Final

import streamlit as st
from pydantic import ValidationError

from api.contract import DESCRIPTION_LIMIT as LIMIT
from api.contract import (
    Issue,
    IssueState,
    IssueType,
    NewIssue,
    ResourceType,
    ThreadConfig,
    check_text,
    is_blank,
)
from api.errors import Invalid
from api.portal_token import Person
from components import abilities, draft, embedding, labels, language, notices, session
from components.embedding import Prefill
from components.language import _, ngettext

_PLACES: Final = {"config", "project_id"}
_FIELDS: Final = {
    "type": "type",
    "description": "description",
    "anonymous": "anonymous",
    "config": "config",
    "thread_id": "config",
    "reported_interaction_id": "config",
    "project_id": "project_id",
}
"""The field of `NewIssue`, by the names that a server may give to what is wrong with it."""


def show(who: Person | None, prefill: Prefill) -> NewIssue | None:
    """Show the form; returns the report when it is sent and complete."""
    with st.form("report", border=False, enter_to_submit=False):
        kinds = list(IssueType)
        kind = st.radio(
            _("What kind of problem is it?"),
            kinds,
            index=kinds.index(prefill.type) if prefill.type else None,
            format_func=lambda k: f"**{labels.kind(k)}:** {labels.kind_explanation(k)}",
            key="report_type",
            persist_state="session",
        )
        kind_problem = st.empty()
        description = st.text_area(
            _("What happened?"),
            prefill.description,
            height=150,
            placeholder=_("What did you ask, what did you get, and what did you expect?"),
            key="report_description",
        )
        description_problem = st.empty()
        draft.keep(
            who,
            text="report_description",
            choice="report_type",
            toggle="report_anonymous",
            prefill=prefill.description,
            places={
                "report_thread": prefill.thread,
                "report_interaction": prefill.interaction,
                "report_project": prefill.project,
            },
            hint=_("It helps to quote what is wrong, say what is right, and name the file."),
        )
        anonymous = _anonymous(who)
        name_problem = st.empty()
        # What came with a link is shown: it goes along even with an anonymous report.
        came_with_link = bool(prefill.thread or prefill.interaction or prefill.project)
        needed = bool(abilities.wanted())
        faults = session.report_faults()
        with st.expander(
            _("Where it happened") if needed else _("Where it happened (optional)"),
            icon=":material/link:",
            expanded=came_with_link or needed or not faults.keys().isdisjoint(_PLACES),
        ):
            if came_with_link:
                st.caption(
                    _("This came with the link you followed. Clear what you do not want to send.")
                )
            if needed:
                st.caption(
                    _(
                        "The server takes no report without this."
                        " It goes along with an anonymous report, too."
                    )
                )
            thread = st.text_input(
                _("Thread"), prefill.thread, key="report_thread", persist_state="session"
            )
            interaction = st.text_input(
                _("Interaction"),
                prefill.interaction,
                key="report_interaction",
                persist_state="session",
                help=_("The id of the answer in that thread."),
            )
            place_problem = st.empty()
            project = st.text_input(
                _("Project"), prefill.project, key="report_project", persist_state="session"
            )
            project_problem = st.empty()
        sent = st.form_submit_button(
            _("Send report"), type="primary", icon=":material/send:", key="send"
        )
    if not sent:
        slots = {
            "type": kind_problem,
            "description": description_problem,
            "anonymous": name_problem,
            "config": place_problem,
            "project_id": project_problem,
        }
        for field, told in faults.items():
            slots[field].error(told, icon=":material/arrow_upward:")
        return None
    session.remember_report_faults({})
    thread, interaction, project = thread.strip(), interaction.strip(), project.strip()
    problems = 0
    if kind is None:
        kind_problem.error(_("Choose the kind of problem."), icon=":material/arrow_upward:")
        problems += 1
    if fault := text_problem(description):
        description_problem.error(fault, icon=":material/arrow_upward:")
        problems += 1
    if who is None and not anonymous:
        name_problem.error(
            _("Sign in first (the link is below), or report anonymously."),
            icon=":material/arrow_upward:",
        )
        problems += 1
    if bool(thread) != bool(interaction):
        place_problem.error(
            _("Give both thread and interaction, or neither."), icon=":material/arrow_upward:"
        )
        problems += 1
    if problems or kind is None:
        return None
    try:
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
    except ValidationError:
        place_problem.error(
            _("An id here is longer than 200 characters or has characters that cannot be stored."),
            icon=":material/arrow_upward:",
        )
        return None


def refused(new: NewIssue, error: Invalid) -> bool:
    """Have the form show beside its fields why the server refused ``new``.

    Returns False if the server did not name a field of the form.
    """
    faults: dict[str, str] = {}
    lacking = set()
    for item in error.fields:
        field = next((_FIELDS[part] for part in item.field.split(".") if part in _FIELDS), "")
        if not field:
            return False
        if getattr(new, field) is None:
            lacking.add(field)
            needs = _("The server needs {fields}.")
            names = _("thread and interaction") if field == "config" else _("the project")
            faults[field] = needs.format(fields=names)
        else:
            said = _("The server does not accept this: {reason}")
            faults[field] = said.format(reason=notices.plain(item.message))
    abilities.learn_from_refusal(lacking)
    session.remember_report_faults(faults)
    return bool(faults)


def _anonymous(who: Person | None) -> bool:
    receipts = abilities.gives_receipts()
    follow = " " + (_("You follow it by a receipt.") if receipts else _("It cannot be followed."))
    if who is None and embedding.is_on():
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


def kind_choice(
    issue: Issue, *, key: str, on_change: Callable[[], None] | None = None
) -> IssueType | None:
    """A choice of the kind of problem, set to the issue's; None for one that we do not know."""
    kinds = list(IssueType)
    return st.selectbox(
        _("Kind of problem"),
        kinds,
        index=kinds.index(IssueType(issue.type)) if issue.type in kinds else None,
        format_func=labels.kind,
        key=key,
        on_change=on_change,
    )


def is_correcting(issue: Issue) -> bool:
    """Whether the form to correct this issue is unfolded."""
    return bool(st.session_state.get(_unfolded(issue)))


def _unfolded(issue: Issue) -> str:
    return f"correct_{issue.id}"


def correct(issue: Issue) -> tuple[IssueType | None, str] | None:
    """A folded form to correct an issue; returns kind and text when they are to be saved.

    Once the review has started nothing can be saved: the form is for copying what was typed.
    """
    late = issue.state != IssueState.NOT_REVIEWED
    folded = st.expander(
        _("Correct it"), icon=":material/edit:", key=_unfolded(issue), on_change="rerun"
    )
    with folded, st.form("correct", border=False):
        if late:
            st.warning(
                _(
                    "The review has started, so it can no longer be corrected."
                    " Copy what you still need of your text."
                ),
                icon=":material/lock:",
            )
        else:
            # Keeps its place, or the text below would be another one once there is a warning.
            st.empty()
        # A key for each stored value: what a reviewer has changed meanwhile is not changed back.
        kind = kind_choice(issue, key=f"correct_kind_{issue.id}_{issue.type}")
        description = st.text_area(
            _("What happened?"), issue.description or "", height=150, key=f"correct_text_{issue.id}"
        )
        problem = st.empty()
        if not st.form_submit_button(_("Save"), type="primary", disabled=late):
            return None
        if fault := text_problem(description):
            problem.error(fault, icon=":material/arrow_upward:")
            return None
    return kind, description


def text_problem(description: str) -> str | None:
    """What keeps a text from being stored, in words for the person; None if nothing does."""
    if len(description) > LIMIT:
        over = len(description) - LIMIT
        text = ngettext(
            "This is {over} character too long: at most {limit} can be sent.",
            "This is {over} characters too long: at most {limit} can be sent.",
            over,
        )
        return text.format(over=language.number(over), limit=language.number(LIMIT))
    if is_blank(description):
        return _("Write what happened: it is still empty.")
    try:
        check_text(description)
    except ValueError:
        return _("The text has characters that cannot be stored. Remove them and send again.")
    return None
