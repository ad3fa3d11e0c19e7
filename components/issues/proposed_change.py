"""A change to an issue that a person requested and that is not saved on the server yet."""

from dataclasses import dataclass

from components.ui import labels
from issue_portal.models.requests import IssueChanges
from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import IssueState, IssueType


@dataclass(frozen=True)
class ProposedChange:
    """New values of an issue; None keeps the value of a field."""

    description: str | None = None
    type: IssueType | None = None
    state: IssueState | None = None

    def to_update(self) -> IssueChanges:
        """Return the keyword arguments of `IssuesClient.update`."""
        return {"description": self.description, "type": self.type, "state": self.state}

    def apply_to(self, issue: Issue) -> Issue:
        """Return the issue as it will be after the change."""
        new_values = {name: value for name, value in self.to_update().items() if value is not None}
        return issue.model_copy(update=new_values)

    def format_value(self) -> str:
        """Return the name of the new state; if the state stays the same, that of the new type."""
        return labels.format_state(self.state) if self.state else labels.format_type(self.type)
