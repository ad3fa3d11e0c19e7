"""A change to an issue that a person requested and that is not saved on the server yet."""

from dataclasses import asdict, dataclass
from typing import cast

from components.ui import labels
from issue_portal.client.arguments import IssueChanges
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
        new_values = {name: value for name, value in asdict(self).items() if value is not None}
        return cast(IssueChanges, new_values)

    def apply_to(self, issue: Issue) -> Issue:
        """Return the issue as it will be after the change."""
        return issue.model_copy(update=self.to_update())

    def format_value(self) -> str:
        """Return the name of the new state; if the state stays the same, that of the new type."""
        return labels.format_state(self.state) if self.state else labels.format_type(self.type)
