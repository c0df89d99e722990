"""Search index and saved views of applications, edits of the knowledge, checked links"""

from alembic import op
import sqlalchemy as sa
import frontdesk.records.models


revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

FTS = "application_words_fts"


def upgrade() -> None:
    moment = frontdesk.records.models.base.Moment(timezone=True)
    op.create_table(
        "application_words",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("application_id", sa.String(length=64), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("application_at", moment, nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["application_id"], ["applications.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("application_id"),
    )
    if op.get_bind().dialect.name == "sqlite":
        _follow_on_sqlite()
    else:
        op.execute(
            "CREATE INDEX application_words_found ON application_words "
            "USING gin (array_to_tsvector(string_to_array(words, ' ')))"
        )
    op.create_table(
        "saved_views",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("staff_id", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=255), nullable=False),
        sa.Column("query", sa.Text(), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["staff_id"], ["staff.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("staff_id", "name"),
    )
    op.create_index("ix_saved_views_staff_id", "saved_views", ["staff_id"])
    op.create_table(
        "knowledge_edits",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("before", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("after", sa.JSON(none_as_null=True), nullable=False),
        sa.Column("why", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.String(length=255), nullable=False),
        sa.Column("proposed_at", moment, nullable=False),
        sa.Column("decided_by", sa.String(length=255), nullable=True),
        sa.Column("decided_at", moment, nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("knowledge_edits_by_subject", "knowledge_edits", ["subject", "proposed_at"])
    op.create_index("knowledge_edits_by_state", "knowledge_edits", ["state"])
    op.create_table(
        "link_checks",
        sa.Column("url_hash", sa.String(length=64), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.Column("works", sa.Boolean(), nullable=True),
        sa.Column("found", sa.String(length=255), nullable=False),
        sa.Column("checked_at", moment, nullable=False),
        sa.Column("checked_by", sa.String(length=255), nullable=False),
        sa.PrimaryKeyConstraint("url_hash"),
    )


def _follow_on_sqlite() -> None:
    # An index of its own table's content: https://www.sqlite.org/fts5.html#external_content_tables
    op.execute(
        f"CREATE VIRTUAL TABLE {FTS} USING fts5(words, content='application_words', content_rowid='id', "
        "tokenize='unicode61 remove_diacritics 0')"
    )
    add = f"INSERT INTO {FTS}(rowid, words) VALUES (new.id, new.words);"  # noqa: S608 - a name of ours
    take = f"INSERT INTO {FTS}({FTS}, rowid, words) VALUES ('delete', old.id, old.words);"  # noqa: S608
    for name, when, does in (
        ("added", "INSERT", add),
        ("taken", "DELETE", take),
        ("changed", "UPDATE", f"{take} {add}"),
    ):
        op.execute(
            f"CREATE TRIGGER application_words_{name} AFTER {when} ON application_words BEGIN {does} END"
        )


def downgrade() -> None:
    for table in ("link_checks", "knowledge_edits", "saved_views"):
        op.drop_table(table)
    if op.get_bind().dialect.name == "sqlite":
        op.execute(f"DROP TABLE {FTS}")
    op.drop_table("application_words")
