"""A link that fills in the report form, and the fields that it fills in."""

from playwright.sync_api import expect

LINK = "/?type=Format&thread=t1&interaction=i1&project=p1"


def expect_references(person, *values: str) -> None:
    """Expect these conversation, answer and project IDs in the form."""
    for name, value in zip(("Conversation ID", "Answer ID", "Project ID"), values, strict=True):
        field = person.page.get_by_role("textbox", name=name)
        expect(field).to_be_visible()
        expect(field).to_have_value(value)
