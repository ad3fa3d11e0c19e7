"""Languages of the sample issues: each has a file beside this module, such as ``es.toml``.

Does not load the files, so that a portal without sample issues starts as fast as possible.
"""

from pathlib import Path
from typing import Final

from issue_portal.core.settings import FatalError

_FOLDER: Final = Path(__file__).parent


def list_languages() -> list[str]:
    """Return the codes of the languages that have sample issues, sorted."""
    return sorted(file.stem for file in _FOLDER.glob("*.toml"))


def check_language(code: str) -> None:
    """Raise `FatalError` if the value of ``ISSUES_DEMO`` is no language with sample issues."""
    if code not in (languages := list_languages()):
        raise FatalError(
            f"ISSUES_DEMO: no sample issues in {code!r}. Set it to 0, 1 or one of these languages:"
            f" {', '.join(languages)}."
        )


def find_file(code: str) -> Path:
    """Return the file with the sample issues in a language."""
    return _FOLDER / f"{code}.toml"
