"""The form in a frame of another page, and links that fill it in.

In a frame (``?embed=true``, which Streamlit keeps to itself) there is the form and nothing else.
"""

import html
import re
from dataclasses import asdict, dataclass, fields
from typing import Final
from urllib.parse import SplitResult, urlencode, urlsplit, urlunsplit

import streamlit as st

from issue_portal.models.text_rules import unmarked
from issue_portal.models.vocabulary import DESCRIPTION_LIMIT, IssueType

_REFERENCE: Final = re.compile(r"[A-Za-z0-9._:/@+=~-]{1,200}")
"""An id that a link may bring: what is in it can be seen, and told from anything else."""

_HEIGHT = 760


@dataclass(frozen=True)
class Prefill:
    """What a link to the form says already."""

    type: IssueType | None = None
    description: str = ""
    thread: str = ""
    interaction: str = ""
    project: str = ""

    @classmethod
    def from_url(cls) -> "Prefill | None":
        """Read it from the URL, if that says anything; what makes no sense there is left out."""
        given = st.query_params
        if not any(name in given for name in cls.names()):
            return None
        kind = given.get("type", "")
        return cls(
            type=IssueType(kind) if kind in list(IssueType) else None,
            # Marks that nobody sees could tell who followed the link.
            description=unmarked(given.get("description", "")[:DESCRIPTION_LIMIT]),
            thread=_reference(given.get("thread", "")),
            interaction=_reference(given.get("interaction", "")),
            project=_reference(given.get("project", "")),
        )

    @classmethod
    def names(cls) -> list[str]:
        """What a link may say."""
        return [field.name for field in fields(cls)]

    def link(self, *, embedded: bool = False) -> str:
        """The address of the form, filled in like this."""
        said = {name: str(value) for name, value in asdict(self).items() if value}
        return address(**said | ({"embed": "true"} if embedded else {}))

    def frame(self, title: str) -> str:
        """HTML that shows the form, filled in like this, in another page."""
        link = html.escape(self.link(embedded=True))
        return (
            f'<iframe src="{link}"\n'
            f'        title="{html.escape(title)}" allow="clipboard-write"\n'
            f'        style="width: 100%; height: {_HEIGHT}px; border: 0"></iframe>'
        )


def is_reference(text: str) -> bool:
    """Whether a link can bring this as an id."""
    return bool(_REFERENCE.fullmatch(text))


def _reference(text: str) -> str:
    """An id as a link gives it, or nothing if it could hide something."""
    text = text.strip()
    return text if is_reference(text) else ""


def is_on() -> bool:
    """Whether the portal is shown in a frame of another page."""
    return bool(getattr(st.context, "is_embedded", False))


def address(page: str = "", **query: str) -> str:
    """The address of a page of the portal, as this browser reaches it."""
    here = _here()
    path = here.path.rpartition("/")[0] + "/" + page
    return urlunsplit((here.scheme, here.netloc, path, urlencode(query), ""))


def _here() -> SplitResult:
    """The address that the browser is at, as it says itself."""
    try:
        return urlsplit(getattr(st.context, "url", None) or "/")
    except ValueError:
        return urlsplit("/")


def page_name() -> str:
    """What the address in the browser calls the page; nothing for the first one."""
    name = _here().path.rpartition("/")[2]
    return name if re.fullmatch(r"[\w.-]{1,64}", name) else ""


def page_link(page: str, *, label: str, icon: str) -> None:
    """A link to a page of the portal; from inside a frame to a tab of its own."""
    if is_on():
        link_out(label, address(page))
    else:
        st.page_link(f"pages/{page}.py", label=label, icon=icon)


def link_out(label: str, url: str) -> None:
    """A link that leaves the frame: it opens a tab of its own."""
    st.link_button(label, url, icon=":material/open_in_new:", type="tertiary")
