"""A row of the results: our figure, the figure to compare with, and the target ratio."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Row:
    """``target`` is the lowest or the highest accepted ratio of the two figures."""

    what: str
    ours: float
    against: float
    target: float
    more_is_better: bool

    @classmethod
    def at_least(cls, what: str, ours: float, against: float, *, target: float) -> Self:
        """The ratio should be at least ``target``."""
        return cls(what, ours, against, target, True)

    @classmethod
    def at_most(cls, what: str, ours: float, against: float, *, target: float) -> Self:
        """The ratio should be at most ``target``."""
        return cls(what, ours, against, target, False)

    def __str__(self) -> str:
        """Format the row as a line of a Markdown table."""
        ratio = self.ours / self.against if self.against else float("inf")
        met = ratio >= self.target if self.more_is_better else ratio <= self.target
        bound = ("≥ " if self.more_is_better else "≤ ") + f"{self.target:g}"
        figures = f"{self.ours:,.4g} | {self.against:,.4g} | {ratio:.2f} | {bound}"
        return f"| {self.what} | {figures} | {'yes' if met else 'NO'} |"


HEADER = "| what | ours | against | ratio | target | met |\n|---|---|---|---|---|---|"
