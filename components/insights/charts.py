"""Charts of counts: horizontal bars, or columns over time. Each can show its numbers as a table.

A script draws them as links to the review queue: no chart library delays the page, and bars are
reached with the keyboard.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode

from components.ui import i18n, js_component, labels
from components.ui.i18n import _
from issue_portal.core import export_formats

_MOST_TICKS: Final = 3
"""Lines above zero in a chart with columns."""


@dataclass(frozen=True)
class Bar:
    """A bar or column of a chart: a count with a label."""

    label: str
    count: int
    filters: Mapping[str, str] | None = None
    """The filters of the review queue that list these issues; None if there are none."""

    colour: str = ""
    """A state's colour, by its name in charts.css."""


@dataclass(frozen=True)
class Texts:
    """The texts of a chart."""

    title: str
    label_heading: str
    """Heading of the labels in the table, such as "State"."""

    description: str
    """Name of the chart for screen readers."""

    note: str = ""


def render_bars(key: str, bars: Sequence[Bar], texts: Texts) -> None:
    """Render horizontal bars; of a bar without filters, only its label and count."""
    _mount(key, bars, texts, top=max(bar.count for bar in bars if bar.filters is not None))


def render_columns(key: str, bars: Sequence[Bar], texts: Texts) -> None:
    """Render columns of days or months, oldest first."""
    step = find_tick_step(max(bar.count for bar in bars))
    steps = max(1, -(-max(bar.count for bar in bars) // step))
    ticks = [
        {"text": i18n.format_compact(step * number), "share": number / steps}
        for number in range(1, steps + 1)
    ]
    _mount(key, bars, texts, top=step * steps, ticks=ticks)


def find_tick_step(highest: int) -> int:
    """Return the distance of an axis's lines: 1, 2 or 5, times a power of ten."""
    magnitude = 1
    while True:
        for step in (magnitude, 2 * magnitude, 5 * magnitude):
            if step * _MOST_TICKS >= highest:
                return step
        magnitude *= 10


def build_rows(bars: Iterable[Bar], *, top: int) -> tuple[dict[str, Any], ...]:
    """Return the bars as data for the script; a bar of the count ``top`` has the full length.

    People can copy the table into a spreadsheet, so labels that look like formulas are escaped in
    its cells.
    """
    return tuple(
        {
            "label": bar.label,
            "cell": export_formats.escape_formula(bar.label),
            "count": i18n.format_number(bar.count),
            "tooltip": i18n.join_label(bar.label, labels.format_count(bar.count)),
            "share": bar.count / top if top else 0,
            "colour": bar.colour,
            "url": build_queue_url(bar.filters) if bar.filters is not None and bar.count else "",
        }
        for bar in bars
    )


def build_queue_url(filters: Mapping[str, str]) -> str:
    """Return the address of the review queue with these filters, relative to that of a page."""
    query = urlencode({name: value for name, value in filters.items() if value})
    return f"review?{query}" if query else "review"


def _mount(
    key: str, bars: Sequence[Bar], texts: Texts, *, top: int, ticks: Sequence[object] = ()
) -> None:
    data = {
        "key": key,
        "title": texts.title,
        "note": texts.note,
        "description": texts.description,
        "rows": build_rows(bars, top=top),
        "ticks": list(ticks),
        "labelHeading": texts.label_heading,
        "countHeading": _("Issues"),
        "showTable": _("Table"),
        "showTableLabel": i18n.join_label(_("Table"), texts.title),
        "showChart": _("Chart"),
        "showChartLabel": i18n.join_label(_("Chart"), texts.title),
    }
    js_component.mount(__file__, key=key, data=data)
