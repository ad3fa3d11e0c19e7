"""Bar charts of counts, each with a table of its numbers; a person can select a bar or a cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import altair as alt
import pandas as pd
import streamlit as st

from components.ui.i18n import _
from issue_portal.core import export_formats

_SELECTION: Final = "chosen"

_BAR_HEIGHT: Final = 34
_AXIS_HEIGHT: Final = 47
"""Pixels of a horizontal bar with its gap, and of the axis below all bars."""


@dataclass(frozen=True)
class Bar:
    """A labelled count; ``value`` identifies the bar."""

    value: str
    label: str
    count: int


def render_bars(key: str, bars: Sequence[Bar], *, unit: str, description: str) -> str | None:
    """Render horizontal bars, one per ``unit``; return the value of the selected one."""
    chart = (
        alt.Chart(_build_data(bars))
        .mark_bar(cornerRadiusEnd=3)
        .encode(
            x=alt.X("count:Q", title=None, axis=alt.Axis(tickMinStep=1, format="d", tickCount=6)),
            y=alt.Y("words:N", title=None, sort=None, axis=alt.Axis(labelLimit=200)),
        )
    )
    height = _BAR_HEIGHT * len(bars) + _AXIS_HEIGHT
    return _render_chart(key, chart, bars, unit=unit, description=description, height=height)


def render_bars_over_time(
    key: str, bars: Sequence[Bar], *, unit: str, description: str
) -> str | None:
    """Render vertical bars, oldest first, one per ``unit``; return the selected one's value."""
    # Only as many labels as fit below the axis.
    labels = [bar.label for bar in bars[:: max(1, -(-len(bars) // 6))]]
    axis = alt.Axis(values=labels, labelAngle=0, labelOverlap=True, ticks=False)
    chart = (
        alt.Chart(_build_data(bars))
        .mark_bar()
        .encode(
            x=alt.X("words:N", title=None, sort=None, axis=axis),
            y=alt.Y("count:Q", title=None, axis=alt.Axis(tickMinStep=1, format="d", tickCount=4)),
        )
    )
    newest_first = [bar for bar in reversed(bars) if bar.count]
    return _render_chart(key, chart, newest_first, unit=unit, description=description, height=200)


def build_table(bars: Sequence[Bar], titles: Mapping[str, str]) -> pd.DataFrame:
    """Return labels and counts below their ``titles``.

    Streamlit lets people copy and download the table, so no cell may be a formula.
    """
    table = _build_data(bars)[["words", "count"]]
    table["words"] = table["words"].map(export_formats.escape_formula)
    return table.rename(columns=dict(titles))


def _render_chart(
    key: str,
    chart: alt.Chart,
    rows: Sequence[Bar],
    *,
    unit: str,
    description: str,
    height: int,
) -> str | None:
    """Render a chart with a table of ``rows``; return the value selected in either."""
    selection = alt.selection_point(_SELECTION, fields=["value"])
    titles = {"words": unit, "count": _("Issues")}
    tooltip = [alt.Tooltip(f"{name}:N", title=title) for name, title in titles.items()]
    chart_event = st.altair_chart(
        chart.encode(tooltip=tooltip).add_params(selection),
        key=f"{key}_chart",
        on_select="rerun",
        alt=description,
        # Reserved before the chart is drawn, so that the page does not jump.
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
            "words": [bar.label for bar in bars],
            "count": [bar.count for bar in bars],
        }
    )
