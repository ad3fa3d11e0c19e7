"""The form in a frame of another page, and links that fill it in.

In a frame (``?embed=true``, which Streamlit keeps to itself) there is the form and nothing else.
"""

import re
from urllib.parse import SplitResult, urlencode, urlsplit, urlunsplit

import streamlit as st


def is_embedded() -> bool:
    """Whether the portal is shown in a frame of another page."""
    return bool(getattr(st.context, "is_embedded", False))


def build_page_url(page: str = "", **query: str) -> str:
    """The address of a page of the portal, as this browser reaches it."""
    here = _get_browser_url()
    path = here.path.rpartition("/")[0] + "/" + page
    return urlunsplit((here.scheme, here.netloc, path, urlencode(query), ""))


def _get_browser_url() -> SplitResult:
    """The address that the browser is at, as it says itself."""
    try:
        return urlsplit(getattr(st.context, "url", None) or "/")
    except ValueError:
        return urlsplit("/")


def get_page_name() -> str:
    """What the address in the browser calls the page; nothing for the first one."""
    name = _get_browser_url().path.rpartition("/")[2]
    return name if re.fullmatch(r"[\w.-]{1,64}", name) else ""


def render_page_link(page: str, *, label: str, icon: str) -> None:
    """A link to a page of the portal; from inside a frame to a tab of its own."""
    if is_embedded():
        render_new_tab_link(label, build_page_url(page))
    else:
        st.page_link(f"pages/{page}.py", label=label, icon=icon)


def render_new_tab_link(label: str, url: str) -> None:
    """A link that leaves the frame: it opens a tab of its own."""
    st.link_button(label, url, icon=":material/open_in_new:", type="tertiary")
