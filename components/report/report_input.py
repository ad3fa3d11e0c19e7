"""The input of the report form, before it is checked."""

from dataclasses import dataclass, replace
from typing import Final

from issue_portal.models.requests import NewIssue, ThreadConfig
from issue_portal.models.text_rules import is_blank, strip_hidden_marks
from issue_portal.models.vocabulary import DESCRIPTION_LIMIT, IssueType, ResourceType

WIDGET_KEYS: Final = {
    "type": "report_type",
    "description": "report_description",
    "anonymous": "report_anonymous",
    "thread_id": "report_thread",
    "reported_interaction_id": "report_interaction",
    "project_id": "report_project",
}
"""Keys of the form's widgets, by field of `NewIssue` or `ThreadConfig`.

The choice between anonymous and by name is in the session state under its key, without a widget.
"""


PROJECT_CHOICE_KEY: Final = "report_project_choice"
"""Key of the widget that replaces the input of the project's ID if the projects have names."""


@dataclass(frozen=True)
class ReportInput:
    """The values of the widgets."""

    type: IssueType | None
    description: str
    anonymous: bool
    thread: str
    interaction: str
    project: str

    def strip_hidden_marks(self) -> "ReportInput":
        """Remove invisible characters if the report is anonymous; otherwise return it unchanged.

        Invisible characters from a link or a copied text could identify the reporter. A text over
        the limit is returned unchanged, too, because it cannot be sent.
        """
        if not self.anonymous or len(self.description) > DESCRIPTION_LIMIT:
            return self
        return replace(
            self,
            description=strip_hidden_marks(self.description),
            thread=strip_hidden_marks(self.thread),
            interaction=strip_hidden_marks(self.interaction),
            project=strip_hidden_marks(self.project),
        )

    def to_new_issue(self) -> NewIssue | None:
        """Return the report to send, or None if no type is selected.

        Raises pydantic's ``ValidationError`` for invalid values; `report_faults` explains them.
        """
        if self.type is None:
            return None
        config = None
        if self.thread:
            config = ThreadConfig(thread_id=self.thread, reported_interaction_id=self.interaction)
        return NewIssue(
            description=None if is_blank(self.description) else self.description,
            resource_type=ResourceType.THREAD,
            type=self.type,
            anonymous=self.anonymous,
            project_id=self.project or None,
            config=config,
        )
