"""A link that fills in the report form, and the fields that it fills in."""

from playwright.sync_api import expect

LINK = "/?type=Format&thread=t1&interaction=i1&project=p1"


def expect_references(person, *values: str) -> None:
    """Expect these conversation, answer and project IDs in the form."""
    for name, value in zip(("Conversation ID", "Answer ID", "Project ID"), values, strict=True):
        # The fields are folded; the line "Attached: …" says which of them have a value.
        expect(person.page.get_by_label(name)).to_have_value(value)
    names = ("this conversation", "this answer", values[2])
    attached = [name for name, value in zip(names, values, strict=True) if value]
    line = person.page.locator(".st-key-draft .attached")
    expect(line).to_contain_text(" · ".join(attached))
    expect(line).to_be_visible(visible=bool(attached))
