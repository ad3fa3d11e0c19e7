"""Charts of counts, each with its numbers as a table."""

from collections.abc import Mapping

import altair as alt
import pandas as pd
import streamlit as st


def bars(counts: Mapping[str, int], *, what: str) -> None:
    """Horizontal bars, one for each name, in the given order."""
    data = pd.DataFrame({what: list(counts), "Issues": list(counts.values())})
    chart = (
        alt.Chart(data, description=f"Number of issues by {what.lower()}")
        .mark_bar(cornerRadiusEnd=3)
        .encode(
            x=alt.X("Issues:Q", title=None, axis=alt.Axis(tickMinStep=1, format="d")),
            y=alt.Y(f"{what}:N", title=None, sort=None, axis=alt.Axis(labelLimit=200)),
            tooltip=[what, "Issues"],
        )
        .properties(height=alt.Step(34))
    )
    _show(chart, data)


def days(counts: Mapping[str, int]) -> None:
    """One bar for each day; days without issues are shown as empty."""
    data = pd.DataFrame({"Day": pd.to_datetime(list(counts)), "Issues": list(counts.values())})
    data = data.set_index("Day").asfreq("D", fill_value=0).reset_index()
    chart = (
        alt.Chart(data, description="Number of issues reported on each day")
        .mark_bar()
        .encode(
            x=alt.X("yearmonthdate(Day):T", title=None),
            y=alt.Y("Issues:Q", title=None, axis=alt.Axis(tickMinStep=1, format="d")),
            tooltip=[alt.Tooltip("Day:T", format="%-d %b %Y"), "Issues"],
        )
        .properties(height=220)
    )
    data["Day"] = data["Day"].dt.strftime("%Y-%m-%d")
    _show(chart, data[data["Issues"] > 0].iloc[::-1])


def _show(chart: alt.Chart, data: pd.DataFrame) -> None:
    st.altair_chart(chart)
    with st.expander("As a table", icon=":material/table:"):
        st.dataframe(data, hide_index=True)
