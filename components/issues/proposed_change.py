"""A change to an issue that a person requested and that is not saved on the server yet."""

from dataclasses import dataclass

from components.ui import labels
from issue_portal.client.arguments import NOT_GIVEN, IssueChanges
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
        return {
            "description": NOT_GIVEN if self.description is None else self.description,
            "type": self.type or NOT_GIVEN,
            "state": self.state or NOT_GIVEN,
        }

    def apply_to(self, issue: Issue) -> Issue:
        """Return the issue as it will be after the change."""
        sent = self.to_update().items()
        new_values = {name: value for name, value in sent if value is not NOT_GIVEN}
        return issue.model_copy(update=new_values)

    def format_value(self) -> str:
        """Return the name of the new state; if the state stays the same, that of the new type."""
        return labels.format_state(self.state) if self.state else labels.format_type(self.type)
