"""The URLs of the portal's pages, and links that also work in a frame of another page.

A frame (``?embed=true``) shows only the report form. `st.query_params` omits that parameter.
"""

import re
from urllib.parse import SplitResult, urlencode, urlsplit, urlunsplit

import streamlit as st


def is_embedded() -> bool:
    """Return whether the portal is shown in a frame of another page."""
    return bool(getattr(st.context, "is_embedded", False))


def build_page_url(page: str = "", **parameters: str) -> str:
    """Return the URL of a page of the portal, on the host and path that this browser uses."""
    url = _get_browser_url()
    path = url.path.rpartition("/")[0] + "/" + page
    return urlunsplit((url.scheme, url.netloc, path, urlencode(parameters), ""))


def get_page_name() -> str:
    """Return the last segment of the browser's path, or "" for the first page."""
    name = _get_browser_url().path.rpartition("/")[2]
    return name if re.fullmatch(r"[\w.-]{1,64}", name) else ""


def render_page_link(page: str, *, label: str, icon: str, fragment: str = "") -> None:
    """Render a link to a page of the portal.

    Inside a frame it opens a new tab, which has another session: there it needs the ``fragment``.
    """
    if is_embedded():
        url = build_page_url(page)
        render_new_tab_link(label, f"{url}#{fragment}" if fragment else url)
    else:
        st.page_link(f"pages/{page}.py", label=label, icon=icon or None)


def render_new_tab_link(label: str, url: str) -> None:
    """Render a link that opens a new tab."""
    st.link_button(label, url, icon=":material/open_in_new:", type="tertiary")


def _get_browser_url() -> SplitResult:
    """Return the URL of the page as the browser reports it; "/" if it is invalid or missing."""
    try:
        return urlsplit(getattr(st.context, "url", None) or "/")
    except ValueError:
        return urlsplit("/")
