"""Users of an OpenID Connect provider, and settings of a portal at which they sign in."""

COOKIE_SECRET = "a cookie secret of the tests, long enough"
PEOPLE = {
    "mia": {"email": "Mia@Example.com", "name": "Mia Member", "email_verified": True},
    "rob": {
        "email": "rob@example.com",
        "name": "Rob Reviewer",
        "email_verified": True,
        "realm_access": {"roles": ["issue-reviewers", "staff"]},
    },
    "max": {"email": "max@example.com", "name": "Max Member", "email_verified": True},
    "eve": {"email": "eve@elsewhere.example", "name": "Eve", "email_verified": True},
}
"""Claims by the name under which the provider knows the user."""

ROLE_SETTINGS = {
    "ISSUES_REVIEWERS": "issue-reviewers, boss@example.com",
    "ISSUES_MEMBERS": "@example.com",
}
"""Settings of the portal that map claims to roles."""
