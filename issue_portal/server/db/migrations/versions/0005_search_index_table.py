"""A separate table for PostgreSQL's search index.

With the index on ``issues``, each change of a state or type also updated the index of the text,
which takes 50 ms for a long text.
"""

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Create and fill the table, and create a trigger that copies each text to it."""
    if op.get_bind().dialect.name == "sqlite":
        return
    op.execute(
        "CREATE TABLE issue_text (org_id varchar(40), issue_id varchar(40),"
        " search_text text NOT NULL, PRIMARY KEY (org_id, issue_id),"
        " FOREIGN KEY (org_id, issue_id) REFERENCES issues (org_id, id) ON DELETE CASCADE)"
    )
    op.execute("INSERT INTO issue_text SELECT org_id, id, search_text FROM issues")
    op.drop_index("ix_issues_search", "issues")
    op.execute("CREATE INDEX ix_issue_text ON issue_text USING gin (issue_trigrams(search_text))")
    op.execute(
        "CREATE FUNCTION follow_issue_text() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN"
        " INSERT INTO issue_text VALUES (new.org_id, new.id, new.search_text)"
        " ON CONFLICT (org_id, issue_id) DO UPDATE SET search_text = excluded.search_text;"
        " RETURN NULL; END $$"
    )
    op.execute(
        "CREATE TRIGGER issue_text_follow AFTER INSERT OR UPDATE OF search_text ON issues"
        " FOR EACH ROW EXECUTE FUNCTION follow_issue_text()"
    )
