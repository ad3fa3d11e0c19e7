"""Bar charts of counts, each with a table of its numbers. Bars and table cells can be selected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import altair as alt
import pandas as pd
import streamlit as st

from components.ui.i18n import _
from issue_portal.core import export_formats

_SELECTION: Final = "selection"

_BAR_HEIGHT: Final = 34
"""Pixels of a horizontal bar and the gap below it."""

_AXIS_HEIGHT: Final = 47
"""Pixels."""


@dataclass(frozen=True)
class Bar:
    """A bar of a chart: a count with a label."""

    value: str
    """Identifies the bar."""

    label: str
    count: int


def render_bars(
    key: str, bars: Sequence[Bar], *, label_heading: str, description: str
) -> str | None:
    """Render horizontal bars; return the value of the selected bar, or None.

    ``label_heading`` is the heading of the labels in the table, such as "State".
    """
    # The offset moves the last label inwards: otherwise its last pixels are cut off.
    axis = alt.Axis(tickMinStep=1, format="d", tickCount=6, labelFlush=True, labelFlushOffset=-4)
    chart = (
        alt.Chart(_build_data(bars))
        .mark_bar(cornerRadiusEnd=3)
        .encode(
            x=alt.X("count:Q", title=None, axis=axis),
            y=alt.Y("label:N", title=None, sort=None, axis=alt.Axis(labelLimit=200)),
        )
    )
    height = _BAR_HEIGHT * len(bars) + _AXIS_HEIGHT
    return _render_chart(
        key, chart, bars, label_heading=label_heading, description=description, height=height
    )


def render_bars_over_time(
    key: str, bars: Sequence[Bar], *, label_heading: str, description: str
) -> str | None:
    """Render vertical bars, oldest first; return the value of the selected bar, or None.

    ``label_heading`` is "Day" or "Month".
    """
    # Only about six labels fit below the axis.
    labels = [bar.label for bar in bars[:: max(1, -(-len(bars) // 6))]]
    axis = alt.Axis(values=labels, labelAngle=0, labelOverlap=True, ticks=False)
    chart = (
        alt.Chart(_build_data(bars))
        .mark_bar()
        .encode(
            x=alt.X("label:N", title=None, sort=None, axis=axis),
            y=alt.Y("count:Q", title=None, axis=alt.Axis(tickMinStep=1, format="d", tickCount=4)),
        )
    )
    newest_first = [bar for bar in reversed(bars) if bar.count]
    return _render_chart(
        key, chart, newest_first, label_heading=label_heading, description=description, height=200
    )


def build_table(bars: Sequence[Bar], titles: Mapping[str, str]) -> pd.DataFrame:
    """Return a table of labels and counts; ``titles`` are the headings of "label" and "count".

    People can copy and download the table, so labels that look like formulas are escaped.
    """
    table = _build_data(bars)[["label", "count"]]
    table["label"] = table["label"].map(export_formats.escape_formula)
    return table.rename(columns=dict(titles))


def _render_chart(
    key: str,
    chart: alt.Chart,
    rows: Sequence[Bar],
    *,
    label_heading: str,
    description: str,
    height: int,
) -> str | None:
    """Render a chart and a table of ``rows``; return the value of the selected bar or row."""
    selection = alt.selection_point(_SELECTION, fields=["value"])
    titles = {"label": label_heading, "count": _("Issues")}
    tooltip = [alt.Tooltip(f"{name}:N", title=title) for name, title in titles.items()]
    chart_event = st.altair_chart(
        chart.encode(tooltip=tooltip).add_params(selection),
        key=f"{key}_chart",
        on_select="rerun",
        alt=description,
        # Reserve the height before the chart is drawn, so that the page does not jump.
        height=height,
    )
    with st.expander(_("Table"), icon=":material/table:"):
        table_event = st.dataframe(
            build_table(rows, titles),
            hide_index=True,
            key=f"{key}_table",
            on_select="rerun",
            selection_mode="single-cell",
            alt=description,
        )
    points = chart_event["selection"].get(_SELECTION) or []
    if points:
        return str(points[0]["value"])
    cells = table_event["selection"]["cells"]
    return rows[cells[0][0]].value if cells else None


def _build_data(bars: Sequence[Bar]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "value": [bar.value for bar in bars],
            "label": [bar.label for bar in bars],
            "count": [bar.count for bar in bars],
        }
    )
