"""Texts of generated issues: each text has a place for a topic."""

from issue_portal.models.vocabulary import IssueType

TEXTS = {
    IssueType.NO_ANSWER: (
        "Asked for the {topic} and the answer stayed empty. I waited two minutes and reloaded.",
        "It stopped in the middle of a sentence about the {topic}.",
        "Only a spinning circle when I ask about the {topic}; other questions work.",
    ),
    IssueType.INACCURATE: (
        "It says the {topic} changed in March. That was the year before; the file says so.",
        "The figures for the {topic} are off by a factor of ten.",
        "It named a contact for the {topic} who left the company long ago.",
    ),
    IssueType.NO_CONTEXT_USED: (
        "I attached the {topic}, but the answer is general knowledge and ignores it.",
        "Response missed the attached {topic} details.",
        "It used last year's {topic} although the new one is in the project.",
    ),
    IssueType.FORMAT: (
        "The table about the {topic} came out as one long line.",
        "I asked for a short list on the {topic} and got two pages.",
        "Half of the answer on the {topic} is in another language.",
    ),
    IssueType.OTHER: (
        "The link to the {topic} in the answer leads nowhere.",
        "Tone of the answer about the {topic} was rude to a customer.",
    ),
}

TOPICS = (
    "travel policy",
    "parental leave rules",
    "price list",
    "onboarding plan",
    "supplier contract",
    "security checklist",
    "quarterly report",
    "warranty terms",
    "printer manual",
    "meeting minutes",
)
