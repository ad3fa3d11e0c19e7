"""A bare Streamlit page to compare with: a title and a form."""

import streamlit as st

st.title("Report a problem")
with st.form("report"):
    st.selectbox("What went wrong?", ["one", "two", "three"], key="kind")
    st.text_area("What happened?", key="text")
    sent = st.form_submit_button("Send report")
if sent:
    st.success("Report received")
