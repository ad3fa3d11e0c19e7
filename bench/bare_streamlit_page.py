"""A form in plain Streamlit. The benchmarks compare the report page with it."""

import streamlit as st

st.title("Report a problem")
with st.form("report"):
    st.selectbox("What went wrong?", ["one", "two", "three"], key="report_type")
    st.text_area("What happened?", key="report_description")
    is_sent = st.form_submit_button("Send report", key="send")
if is_sent:
    st.success("Report received")
