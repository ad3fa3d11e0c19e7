"""Facts that one server has shown about itself, so that a client asks only once.

Clients of the same server can share an instance: `IssuesClient(url, token, memory=memory)`.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field

from issue_portal.models.responses import Issue
from issue_portal.models.vocabulary import LIVE_STATES, IssueState, IssueType


@dataclass
class ServerMemory:
    """The facts about one server that its responses have shown."""

    keeps_keys: bool = False
    """Whether the server recognises a repeated ``Idempotency-Key``."""

    filters_lists: bool | None = None
    """Whether the server takes all list parameters; if not, only ``page`` and ``page_size``.

    None until the first list.
    """

    other_states: set[str] = field(default_factory=set)
    """States in responses that `IssueState` does not have."""

    other_types: set[str] = field(default_factory=set)
    """Types in responses that `IssueType` does not have."""

    refuses_other_values: bool = False
    """Whether the server refused a list because of `other_states` or `other_types`, or because it
    named no states and types. Such a server lists only the states and types of the contract.
    """

    def learn_values(self, issues: Iterable[Issue]) -> None:
        """Remember the states and types that this client does not know, to list them, too."""
        if self.refuses_other_values:
            return
        for issue in issues:
            if issue.state and not isinstance(issue.state, IssueState):
                self.other_states.add(issue.state)
            if issue.type and not isinstance(issue.type, IssueType):
                self.other_types.add(issue.type)

    def forget_other_values(self) -> None:
        """Stop listing unknown states and types."""
        self.refuses_other_values = True
        self.other_states, self.other_types = set(), set()

    def list_live_states(self) -> list[str]:
        """Return all states except Deleted, those of this server included."""
        return [*LIVE_STATES, *sorted(self.other_states)]

    def list_types(self) -> list[str]:
        """Return all types, those of this server included."""
        return [*IssueType, *sorted(self.other_types)]
