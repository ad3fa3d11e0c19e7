"""Charts of counts, each with its numbers as a table."""

from collections.abc import Mapping

import altair as alt
import pandas as pd
import streamlit as st

from components.language import _

# The columns have fixed names, and titles in the person's language.
_WHAT, _COUNT, _DAY = "what", "count", "day"


def bars(counts: Mapping[str, int], *, what: str, description: str) -> None:
    """Horizontal bars, one for each name of a ``what``, in the given order."""
    data = pd.DataFrame({_WHAT: list(counts), _COUNT: list(counts.values())})
    chart = (
        alt.Chart(data, description=description)
        .mark_bar(cornerRadiusEnd=3)
        .encode(
            x=alt.X(f"{_COUNT}:Q", title=None, axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y(f"{_WHAT}:N", title=None, sort=None, axis=alt.Axis(labelLimit=200)),
            tooltip=[
                alt.Tooltip(f"{_WHAT}:N", title=what),
                alt.Tooltip(f"{_COUNT}:Q", title=_("Issues")),
            ],
        )
        .properties(height=alt.Step(34))
    )
    _show(chart, data, {_WHAT: what, _COUNT: _("Issues")})


def days(counts: Mapping[str, int], *, description: str) -> None:
    """One bar for each day; days without issues are shown as empty."""
    data = pd.DataFrame({_DAY: pd.to_datetime(list(counts)), _COUNT: list(counts.values())})
    data = data.set_index(_DAY).asfreq("D", fill_value=0).reset_index()
    chart = (
        alt.Chart(data, description=description)
        .mark_bar()
        .encode(
            x=alt.X(f"yearmonthdate({_DAY}):T", title=None, axis=alt.Axis(format="%-d/%-m")),
            y=alt.Y(f"{_COUNT}:Q", title=None, axis=alt.Axis(tickMinStep=1, format="d")),
            tooltip=[
                alt.Tooltip(f"{_DAY}:T", title=_("Day"), format="%Y-%m-%d"),
                alt.Tooltip(f"{_COUNT}:Q", title=_("Issues")),
            ],
        )
        .properties(height=220)
    )
    data[_DAY] = data[_DAY].dt.strftime("%Y-%m-%d")
    _show(chart, data[data[_COUNT] > 0].iloc[::-1], {_DAY: _("Day"), _COUNT: _("Issues")})


def _show(chart: alt.Chart, data: pd.DataFrame, titles: Mapping[str, str]) -> None:
    st.altair_chart(chart)
    with st.expander(_("As a table"), icon=":material/table:"):
        st.dataframe(data.rename(columns=titles), hide_index=True)
