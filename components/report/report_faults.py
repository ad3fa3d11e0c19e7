"""The faults of a report: those that the portal finds, and those that the server reports."""

import re
from collections.abc import Iterator, Set
from dataclasses import dataclass
from typing import Final

from pydantic import TypeAdapter, ValidationError

from components import server_capabilities
from components.report import report_state
from components.report.report_input import WIDGET_KEYS, ReportInput
from components.ui import i18n
from components.ui.i18n import _, ngettext
from components.ui.plain_text import format_sentence
from issue_portal.client.errors import BadRequestError
from issue_portal.models.requests import NewIssue, Reference
from issue_portal.models.text_rules import check_text, is_blank
from issue_portal.models.vocabulary import DESCRIPTION_LIMIT

REFERENCE_FIELDS: Final = {
    "report_thread": "config",
    "report_interaction": "config",
    "report_project": "project_id",
}
"""Fields of `NewIssue`, by the widget keys of thread, interaction and project."""

_WIDGETS_BY_FIELD: Final = WIDGET_KEYS | {"config": "report_interaction"}
"""Widget keys, by the field names that a server may use in its errors."""

_FIELDS_BY_WIDGET: Final = REFERENCE_FIELDS | {"report_description": "description"}
"""Optional fields of `NewIssue`, by widget key."""

_WORDS_BY_WIDGET: Final = {
    "report_interaction": ("config", "thread", "interaction", "conversation"),
    "report_project": ("project",),
    "report_description": ("description",),
}
"""Words by which the message of a server names a field that it requires, by widget key."""

_REQUIREMENT: Final = re.compile(r"\b(requir|missing|must|need|mandatory)", re.IGNORECASE)
"""Words by which a message says that a field is required, and not only wrong."""

_REFERENCE: Final[TypeAdapter[str]] = TypeAdapter(Reference)


@dataclass(frozen=True)
class Fault:
    """A fault of one or more widgets.

    The form shows it below the widget whose key comes last in ``widget_keys``, until the person
    changes any of the widgets.
    """

    text: str
    widget_keys: tuple[str, ...]


def find_faults(report: ReportInput) -> Iterator[Fault]:
    """Yield the faults of a report in the order of the form."""
    if report.type is None:
        yield Fault(_("Choose what went wrong."), ("report_type",))
    required = server_capabilities.get_capabilities().required_fields
    is_optional = bool(report.thread and report.interaction) and "description" not in required
    if not (is_optional and is_blank(report.description)) and (
        text := find_text_fault(report.description)
    ):
        yield Fault(text, ("report_description",))
    yield from _find_reference_faults(report)
    yield from _find_missing_references(report, required)


def find_text_fault(description: str) -> str | None:
    """Return the reason why a description cannot be stored, or None."""
    if len(description) > DESCRIPTION_LIMIT:
        over = len(description) - DESCRIPTION_LIMIT
        text = ngettext(
            "Shorten your text by {over} character.",
            "Shorten your text by {over} characters.",
            over,
        )
        return text.format(over=i18n.format_number(over))
    if is_blank(description):
        return _("Tell us what happened.")
    try:
        check_text(description)
    except ValueError:
        return _("Your text has characters that can't be saved. Remove them and try again.")
    return None


def remember_refusal(new: NewIssue, error: BadRequestError) -> bool:
    """Keep the reasons why a server refused ``new``, so that the form shows them at its fields.

    Keeps nothing and returns False unless each reason is about a field of the form.
    """
    faults: dict[str, str] = {}
    missing: set[str] = set()
    for key, reason in _list_refusals(error):
        if not key:
            return False
        field = _FIELDS_BY_WIDGET.get(key)
        says_required = bool(error.fields) or _REQUIREMENT.search(reason)
        if field and says_required and getattr(new, field) is None:
            missing.add(field)
            faults[key] = _format_requirement(field)
        else:
            text = _("The server didn't accept this: {reason}")
            faults[key] = text.format(reason=format_sentence(reason))
    server_capabilities.learn_from_refusal(missing)
    report_state.remember_server_faults(faults)
    if not faults.keys().isdisjoint(REFERENCE_FIELDS):
        report_state.unfold_references()
    return bool(faults)


def _list_refusals(error: BadRequestError) -> Iterator[tuple[str, str]]:
    """Yield widget keys and reasons; "" as the key for a field that the form does not have.

    Some servers do not name the fields apart from their message, so find the fields in its words.
    """
    for item in error.fields:
        names = reversed(item.field.split("."))
        yield (
            next((_WIDGETS_BY_FIELD[name] for name in names if name in _WIDGETS_BY_FIELD), ""),
            item.message,
        )
    if not error.fields:
        words = set(re.findall("[a-z]+", str(error).casefold()))
        for key, signs in _WORDS_BY_WIDGET.items():
            if not words.isdisjoint(signs):
                yield key, str(error)


def _find_missing_references(report: ReportInput, required: Set[str]) -> Iterator[Fault]:
    """Yield what this server has required of an earlier report and this one lacks."""
    if "config" in required and not report.thread and not report.interaction:
        yield Fault(_format_requirement("config"), ("report_interaction",))
    if "project_id" in required and not report.project:
        yield Fault(_format_requirement("project_id"), ("report_project",))


def _format_requirement(field: str) -> str:
    if field == "description":
        return _("Tell us what happened.")
    fields = _("the conversation ID and the answer ID") if field == "config" else _("the project")
    return _("This server requires {fields}.").format(fields=fields)


def _find_reference_faults(report: ReportInput) -> Iterator[Fault]:
    values = (report.thread, report.interaction, report.project)
    for key, value in zip(REFERENCE_FIELDS, values, strict=True):
        if text := _find_id_fault(value):
            yield Fault(text, (key,))
    if bool(report.thread) != bool(report.interaction):
        keys = ("report_thread", "report_interaction")
        # The fault belongs below the empty field.
        text = _("Enter both the conversation ID and the answer ID, or neither.")
        yield Fault(text, keys if report.thread else keys[::-1])


def _find_id_fault(value: str) -> str | None:
    if not value:
        return None
    try:
        _REFERENCE.validate_python(value)
    except ValidationError as error:
        if error.errors()[0]["type"] == "string_too_long":
            return _("This ID is too long. Use at most 200 characters.")
        return _("This ID has characters that can't be saved. Remove them.")
    return None
