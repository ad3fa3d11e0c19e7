"""Rows of the results, each with our figure, the reference, their ratio and a target."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True)
class Row:
    """A comparison of two figures.

    ``target`` bounds the ratio of our figure to the reference; None means that there is no target.
    ``processor_ms`` is the processor time of our process per request, if the row measures a load.
    """

    name: str
    ours: float
    reference: float
    target: float | None
    more_is_better: bool
    processor_ms: float | None = None

    @classmethod
    def at_least(
        cls,
        name: str,
        ours: float,
        reference: float,
        *,
        target: float | None,
        processor_ms: float | None = None,
    ) -> Self:
        """Make a row whose ratio should be at least ``target``."""
        return cls(name, ours, reference, target, True, processor_ms)

    @classmethod
    def at_most(
        cls,
        name: str,
        ours: float,
        reference: float,
        *,
        target: float | None,
        processor_ms: float | None = None,
    ) -> Self:
        """Make a row whose ratio should be at most ``target``."""
        return cls(name, ours, reference, target, False, processor_ms)

    def __str__(self) -> str:
        """Format the row as a line of a Markdown table."""
        ratio = self.ours / self.reference if self.reference else float("inf")
        bound, met = "-", "-"
        if self.target is not None:
            is_met = ratio >= self.target if self.more_is_better else ratio <= self.target
            bound = ("≥ " if self.more_is_better else "≤ ") + f"{self.target:g}"
            met = "yes" if is_met else "NO"
        processor = "-" if self.processor_ms is None else f"{self.processor_ms:.2f}"
        figures = [_format(self.ours), _format(self.reference), f"{ratio:.3g}", bound, met]
        return f"| {' | '.join([self.name, *figures, processor])} |"


def _format(figure: float) -> str:
    return f"{figure:,.0f}" if figure >= 1000 else f"{figure:.4g}"


HEADER = (
    "| measurement | ours | reference | ratio | target | met | processor ms per request |\n"
    "|---|---|---|---|---|---|---|"
)


def percentile_95(values: list[float]) -> float:
    """Return the 95th percentile."""
    return sorted(values)[int(len(values) * 0.95 - 0.01)]
