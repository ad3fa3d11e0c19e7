"""The link that fills in the form, and the fields that it fills."""

from playwright.sync_api import expect

LINK = "/?type=Format&thread=t1&interaction=i1&project=p1"


def expect_places(person, *values: str) -> None:
    for name, value in zip(("Conversation ID", "Answer ID", "Project ID"), values, strict=True):
        field = person.page.get_by_role("textbox", name=name)
        expect(field).to_be_visible()
        expect(field).to_have_value(value)
