"""Files of applicants"""

from alembic import op
import sqlalchemy as sa
import frontdesk.records.models


revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    moment = frontdesk.records.models.base.Moment(timezone=True)
    op.create_table(
        "kept_files",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=True),
        sa.Column("document", sa.String(length=64), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=True),
        sa.Column("media", sa.String(length=128), nullable=True),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=True),
        sa.Column("place", sa.String(length=64), nullable=True),
        sa.Column("source", sa.String(length=32), nullable=False),
        sa.Column("source_ref", sa.String(length=255), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("note", sa.String(length=255), nullable=True),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("erased_at", moment, nullable=True),
        sa.Column("erased_by", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], ondelete="SET NULL"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("conversation_id", "source", "source_ref"),
        sa.UniqueConstraint("place"),
    )
    op.create_index("kept_files_by_state", "kept_files", ["state", "created_at"])
    op.create_index("ix_kept_files_conversation_id", "kept_files", ["conversation_id"])
    op.create_index("ix_kept_files_message_id", "kept_files", ["message_id"])


def downgrade() -> None:
    op.drop_table("kept_files")
