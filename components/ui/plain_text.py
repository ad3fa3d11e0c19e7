"""Removes markup from texts of people and servers, for labels and Markdown of Streamlit."""


def strip_markup(text: str) -> str:
    """Replace each character that could be markup in a label with a space."""
    return "".join(c if c.isalnum() or c in " .,'-" else " " for c in text).strip()


def format_code(text: str) -> str:
    """Format a text as inline code in Markdown, which shows the text without its backticks."""
    return f"`{' '.join(text.replace('`', '').split())}`"


def format_sentence(text: str) -> str:
    """Format a message from a server as a sentence that ends in a period and has no markup."""
    sentence = "".join(c if c.isalnum() or c in " .,;:'-()" else " " for c in text).strip()
    return sentence if sentence.endswith(".") else sentence + "."
