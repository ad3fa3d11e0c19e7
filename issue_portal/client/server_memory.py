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

    key_lifetime: float = 0.0
    """Seconds for which the server recognises a repeated ``Idempotency-Key``; 0 if unknown."""

    filters_lists: bool | None = None
    """Whether the server takes all list parameters; if not, only ``page`` and ``page_size``.

    None until the first list.
    """

    other_states: set[str] = field(default_factory=set)
    """States in responses that `IssueState` does not have."""

    other_types: set[str] = field(default_factory=set)
    """Types in responses that `IssueType` does not have."""

    refuses_other_states: bool = False
    """Whether the server lists only the states of the contract."""

    refuses_other_types: bool = False
    """Whether the server lists only the types of the contract."""

    def learn_values(self, issues: Iterable[Issue]) -> None:
        """Remember the states and types that this client does not know, to list them, too."""
        for issue in issues:
            is_known_state = not issue.state or isinstance(issue.state, IssueState)
            if not is_known_state and not self.refuses_other_states:
                self.other_states.add(str(issue.state))
            is_known_type = not issue.type or isinstance(issue.type, IssueType)
            if not is_known_type and not self.refuses_other_types:
                self.other_types.add(str(issue.type))

    def forget_other_states(self) -> None:
        """Stop listing unknown states, because the server refuses them in lists."""
        self.refuses_other_states, self.other_states = True, set()

    def forget_other_types(self) -> None:
        """Stop listing unknown types, because the server refuses them in lists."""
        self.refuses_other_types, self.other_types = True, set()

    def list_live_states(self) -> list[str]:
        """Return all states except Deleted, those of this server included."""
        return [*LIVE_STATES, *sorted(self.other_states)]

    def list_types(self) -> list[str]:
        """Return all types, those of this server included."""
        return [*IssueType, *sorted(self.other_types)]
