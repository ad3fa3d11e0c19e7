"""Charts of counts, each with its numbers as a table; what is chosen in either is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import altair as alt
import pandas as pd
import streamlit as st

from components.ui.i18n import _
from issue_portal.core import export_formats

_SELECTION = "chosen"

_BAR_HEIGHT = 34
_AXIS_HEIGHT = 47
"""Pixels, of a horizontal bar with its gap and of the axis below all of them."""


@dataclass(frozen=True)
class Bar:
    """How often something is there, with its name in words; ``value`` tells bars apart."""

    value: str
    words: str
    count: int


def render_bars(key: str, shown: Sequence[Bar], *, what: str, description: str) -> str | None:
    """Horizontal bars, one for each ``what``; returns the value of one that was chosen."""
    chart = (
        alt.Chart(_build_data(shown))
        .mark_bar(cornerRadiusEnd=3)
        .encode(
            x=alt.X("count:Q", title=None, axis=alt.Axis(tickMinStep=1, format="d", tickCount=6)),
            y=alt.Y("words:N", title=None, sort=None, axis=alt.Axis(labelLimit=200)),
        )
    )
    height = _BAR_HEIGHT * len(shown) + _AXIS_HEIGHT
    return _render_chart(key, chart, shown, what=what, description=description, height=height)


def render_bars_over_time(
    key: str, shown: Sequence[Bar], *, what: str, description: str
) -> str | None:
    """Upright bars, one for each ``what``, oldest first; returns the value of one chosen."""
    # As many names below the axis as there is room for.
    named = [bar.words for bar in shown[:: max(1, -(-len(shown) // 6))]]
    axis = alt.Axis(values=named, labelAngle=0, labelOverlap=True, ticks=False)
    chart = (
        alt.Chart(_build_data(shown))
        .mark_bar()
        .encode(
            x=alt.X("words:N", title=None, sort=None, axis=axis),
            y=alt.Y("count:Q", title=None, axis=alt.Axis(tickMinStep=1, format="d", tickCount=4)),
        )
    )
    newest_first = [bar for bar in reversed(shown) if bar.count]
    return _render_chart(
        key, chart, shown, newest_first, what=what, description=description, height=200
    )


def _render_chart(
    key: str,
    chart: alt.Chart,
    shown: Sequence[Bar],
    listed: Sequence[Bar] | None = None,
    *,
    what: str,
    description: str,
    height: int,
) -> str | None:
    listed = shown if listed is None else listed
    choice = alt.selection_point(_SELECTION, fields=["value"])
    titles = {"words": what, "count": _("Issues")}
    tooltip = [alt.Tooltip(f"{name}:N", title=title) for name, title in titles.items()]
    event = st.altair_chart(
        chart.encode(tooltip=tooltip).add_params(choice),
        key=f"{key}_chart",
        on_select="rerun",
        alt=description,
        # Reserved before the chart is drawn, so that the page does not jump.
        height=height,
    )
    with st.expander(_("As a table"), icon=":material/table:"):
        picked = st.dataframe(
            build_table(listed, titles),
            hide_index=True,
            key=f"{key}_table",
            on_select="rerun",
            selection_mode="single-cell",
            alt=description,
        )
    points = event["selection"].get(_SELECTION) or []
    if points:
        return str(points[0]["value"])
    cells = picked["selection"]["cells"]
    return listed[cells[0][0]].value if cells else None


def build_table(listed: Sequence[Bar], titles: Mapping[str, str]) -> pd.DataFrame:
    """The names and counts below their ``titles``.

    Streamlit's table can be downloaded and copied to a spreadsheet, where no cell may run.
    """
    found = _build_data(listed)[["words", "count"]]
    found["words"] = found["words"].map(export_formats.escape_formula)
    return found.rename(columns=dict(titles))


def _build_data(shown: Sequence[Bar]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "value": [bar.value for bar in shown],
            "words": [bar.words for bar in shown],
            "count": [bar.count for bar in shown],
        }
    )
