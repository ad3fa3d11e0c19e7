"""Cards with the most important numbers, and the skeleton that keeps their place."""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from components.ui import i18n
from components.ui.i18n import _
from web import streamlit_compat

_LINE_WIDTH: Final = "2px"
"""Height of the line of a trend."""


SKELETON: Final = (
    '<div class="insights-skeleton">'
    f'<div class="insights-cards">{"<div></div>" * 4}</div>'
    f'<div class="insights-times">{"<div></div>" * 2}</div>'
    f'<div class="insights-charts">{"<div></div>" * 4}</div>'
    "</div>"
)
"""The outlines of the cards and charts, as HTML."""


@dataclass(frozen=True)
class Card:
    """A card: a number with a label, its change and its trend."""

    label: str
    value: str
    exact_value: str = ""
    """The number in full, if ``value`` is rounded."""

    change: str = ""
    trend: Sequence[int] = ()
    """Values over time, oldest first; empty if they are unknown."""


def make_count_card(label: str, count: int, *, change: str = "", trend: Sequence[int] = ()) -> Card:
    """Return a card with a count, which is rounded if it is large."""
    return Card(
        label,
        i18n.format_compact(count),
        exact_value=i18n.format_number(count),
        change=change,
        trend=trend,
    )


def render_skeleton(slot: DeltaGenerator) -> None:
    """Show the outlines of the cards and charts until they are loaded.

    After a change of the period, the old numbers stay until the new ones replace them.
    """
    if streamlit_compat.is_fragment_run():
        return
    label = html.escape(_("Loading…"))
    slot.html(f'<div role="status" aria-label="{label}">{SKELETON}</div>')


def render_cards(cards: Sequence[Card]) -> None:
    """Render cards of equal size beside each other."""
    st.html(f'<dl class="insights-cards">{"".join(map(_format_card, cards))}</dl>')


def render_times(times: Sequence[tuple[str, str, str]]) -> None:
    """Render durations: of each the label, the median and the 90th percentile, as texts.

    Without a median, says that there are too few issues to tell.
    """
    st.html(f'<dl class="insights-times">{"".join(_format_time(*time) for time in times)}</dl>')


def _format_card(card: Card) -> str:
    is_rounded = card.exact_value not in ("", card.value)
    exact = f' title="{html.escape(card.exact_value)}"' if is_rounded else ""
    change = f'<dd class="change">{html.escape(card.change)}</dd>' if card.change else ""
    return (
        f"<div><dt>{html.escape(card.label)}</dt>"
        f'<dd class="value"{exact}>{html.escape(card.value)}</dd>'
        f"{change}{_draw_trend(card.trend)}</div>"
    )


def _format_time(label: str, median: str, late: str) -> str:
    text = html.escape(
        _("Median {median} · 90% within {late}") if median else _("Too few to tell")
    ).format(median=f"<b>{html.escape(median)}</b>", late=f"<b>{html.escape(late)}</b>")
    return f"<div><dt>{html.escape(label)}</dt><dd>{text}</dd></div>"


def _draw_trend(values: Sequence[int]) -> str:
    """Return a small line of the values, with the area below it; "" if it would be flat.

    They are clipped boxes, because `st.html` (Streamlit 1.67) removes drawings (SVG).
    """
    if len(set(values)) < 2:
        return ""
    highest, last = max(values), len(values) - 1
    points = [
        (f"{100 * index / last:.1f}%", f"{100 - 100 * value / highest:.1f}%")
        for index, value in enumerate(values)
    ]
    line = [f"{x} {y}" for x, y in points]
    area = [*line, "100% 100%", "0% 100%"]
    line += [f"{x} calc({y} + {_LINE_WIDTH})" for x, y in reversed(points)]
    boxes = "".join(
        f'<i class="{name}" style="clip-path:polygon({",".join(shape)})"></i>'
        for name, shape in (("line", line), ("area", area))
    )
    return f'<dd class="trend" aria-hidden="true">{boxes}</dd>'
