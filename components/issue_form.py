"""The report form: what kind of problem, what happened, anonymous or not; all else is folded."""

from dataclasses import dataclass

import streamlit as st
from pydantic import ValidationError

from api.contract import DESCRIPTION_LIMIT as LIMIT
from api.contract import (
    Issue,
    IssueType,
    NewIssue,
    ResourceType,
    ThreadConfig,
    check_text,
    is_blank,
)
from api.portal_token import Person
from components import draft, labels

WHAT_HAPPENED = "What happened?"


@dataclass(frozen=True)
class Prefill:
    """What the link to the form already says."""

    type: IssueType | None = None
    description: str = ""
    thread: str = ""
    interaction: str = ""
    project: str = ""

    @classmethod
    def from_link(cls) -> "Prefill":
        """Read it from the URL; what makes no sense there is left out."""
        given = st.query_params
        kind = given.get("type", "")
        return cls(
            type=IssueType(kind) if kind in list(IssueType) else None,
            description=given.get("description", "")[:LIMIT],
            thread=given.get("thread", "")[:200],
            interaction=given.get("interaction", "")[:200],
            project=given.get("project", "")[:200],
        )


def show(who: Person | None, prefill: Prefill) -> NewIssue | None:
    """Show the form; returns the report when it is sent and complete."""
    with st.form("report", border=False, enter_to_submit=False):
        kinds = list(IssueType)
        kind = st.radio(
            "What kind of problem is it?",
            kinds,
            index=kinds.index(prefill.type) if prefill.type else None,
            format_func=lambda k: f"**{labels.kind(k)}:** {labels.KIND_EXPLANATIONS[k]}",
            key="report_type",
            persist_state="session",
        )
        kind_problem = st.empty()
        description = st.text_area(
            WHAT_HAPPENED,
            prefill.description,
            height=150,
            placeholder="What did you ask, what did you get, and what did you expect?",
            key="report_description",
        )
        description_problem = st.empty()
        draft.keep(
            text="report_description",
            choice="report_type",
            toggle="report_anonymous",
            prefill=prefill.description,
        )
        anonymous = _anonymous(who)
        name_problem = st.empty()
        # What came with a link is shown: it goes along even with an anonymous report.
        came_with_link = bool(prefill.thread or prefill.interaction or prefill.project)
        with st.expander(
            "Where it happened (optional)", icon=":material/link:", expanded=came_with_link
        ):
            if came_with_link:
                st.caption(
                    "This came with the link you followed. Clear what you do not want to send."
                )
            thread = st.text_input(
                "Thread", prefill.thread, key="report_thread", persist_state="session"
            )
            interaction = st.text_input(
                "Interaction",
                prefill.interaction,
                key="report_interaction",
                persist_state="session",
                help="The id of the answer in that thread.",
            )
            place_problem = st.empty()
            project = st.text_input(
                "Project", prefill.project, key="report_project", persist_state="session"
            )
        sent = st.form_submit_button(
            "Send report", type="primary", icon=":material/send:", key="send"
        )
    if not sent:
        return None
    thread, interaction, project = thread.strip(), interaction.strip(), project.strip()
    problems = 0
    if kind is None:
        kind_problem.error("Choose the kind of problem.", icon=":material/arrow_upward:")
        problems += 1
    if fault := text_problem(description):
        description_problem.error(fault, icon=":material/arrow_upward:")
        problems += 1
    if who is None and not anonymous:
        name_problem.error(
            "Sign in first (the link is below), or report anonymously.",
            icon=":material/arrow_upward:",
        )
        problems += 1
    if bool(thread) != bool(interaction):
        place_problem.error(
            "Give both thread and interaction, or neither.", icon=":material/arrow_upward:"
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
            "An id here is longer than 200 characters or has characters that cannot be stored.",
            icon=":material/arrow_upward:",
        )
        return None


def _anonymous(who: Person | None) -> bool:
    # Not by the widget's own default, which Streamlit would warn about once a link has set it off.
    st.session_state.setdefault("report_anonymous", True)
    anonymous = st.toggle("Report anonymously", key="report_anonymous", persist_state="session")
    on = "nobody can find out who sent it, not even an operator. You follow it with a receipt."
    off = "reviewers see your name, and you find it in My issues."
    st.caption(f"On: {on} Off: {off}" if who else f"On: {on} Off: you sign in first.")
    return bool(anonymous)


def kind_choice(issue: Issue, *, key: str) -> IssueType | None:
    """A choice of the kind of problem, set to the issue's; None for one that we do not know."""
    kinds = list(IssueType)
    return st.selectbox(
        "Kind of problem",
        kinds,
        index=kinds.index(IssueType(issue.type)) if issue.type in kinds else None,
        format_func=labels.kind,
        key=key,
    )


def correct(issue: Issue) -> tuple[IssueType | None, str] | None:
    """A folded form to correct an issue; returns kind and text when they are to be saved."""
    with st.expander("Correct it", icon=":material/edit:"), st.form("correct", border=False):
        kind = kind_choice(issue, key=f"correct_kind_{issue.id}")
        description = st.text_area(
            WHAT_HAPPENED, issue.description or "", height=150, key=f"correct_text_{issue.id}"
        )
        problem = st.empty()
        if not st.form_submit_button("Save", type="primary"):
            return None
        if fault := text_problem(description):
            problem.error(fault, icon=":material/arrow_upward:")
            return None
    return kind, description


def text_problem(description: str) -> str | None:
    """What keeps a text from being stored, in words for the person; None if nothing does."""
    if len(description) > LIMIT:
        over = len(description) - LIMIT
        return f"This is {over:,} characters too long: at most {LIMIT:,} can be sent."
    try:
        check_text(description)
    except ValueError as error:
        if is_blank(description):
            return "Write what happened: it is still empty."
        return f"The text {error}. Remove them and send again."
    return None
