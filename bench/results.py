"""Rows of the results, each with our figure, the reference, their ratio and a target."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Row:
    """A comparison of two figures. ``target`` bounds the ratio of our figure to the reference."""

    name: str
    ours: float
    reference: float
    target: float
    more_is_better: bool

    @classmethod
    def at_least(cls, name: str, ours: float, reference: float, *, target: float) -> Self:
        """Make a row whose ratio should be at least ``target``."""
        return cls(name, ours, reference, target, True)

    @classmethod
    def at_most(cls, name: str, ours: float, reference: float, *, target: float) -> Self:
        """Make a row whose ratio should be at most ``target``."""
        return cls(name, ours, reference, target, False)

    def __str__(self) -> str:
        """Format the row as a line of a Markdown table."""
        ratio = self.ours / self.reference if self.reference else float("inf")
        met = ratio >= self.target if self.more_is_better else ratio <= self.target
        bound = ("≥ " if self.more_is_better else "≤ ") + f"{self.target:g}"
        figures = f"{self.ours:,.4g} | {self.reference:,.4g} | {ratio:.2f} | {bound}"
        return f"| {self.name} | {figures} | {'yes' if met else 'NO'} |"


HEADER = "| measurement | ours | reference | ratio | target | met |\n|---|---|---|---|---|---|"


def percentile_95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return sorted(values)[int(len(values) * 0.95 - 0.01)]
