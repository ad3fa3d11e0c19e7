"""Text from people and servers made safe for labels and Markdown, where Streamlit reads markup."""


def strip_punctuation(text: str) -> str:
    """Blank out the characters that could be markup in a label."""
    return "".join(c if c.isalnum() or c in " .,'-" else " " for c in text).strip()


def format_code(text: str) -> str:
    """Format a text as Markdown code, which shows it literally."""
    return f"`{' '.join(text.replace('`', '').split())}`"


def format_sentence(text: str) -> str:
    """Format a message of a server as a sentence without characters that could be markup."""
    words = "".join(c if c.isalnum() or c in " .,;:'-()" else " " for c in text).strip()
    return words if words.endswith(".") else words + "."
