"""Messaging channels"""

from alembic import op
import sqlalchemy as sa
import frontdesk.records.models


revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "channel_health",
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("last_inbound_at", frontdesk.records.models.base.Moment(timezone=True), nullable=True),
        sa.Column("last_outbound_at", frontdesk.records.models.base.Moment(timezone=True), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.Column("last_error_at", frontdesk.records.models.base.Moment(timezone=True), nullable=True),
        sa.Column("webhook", sa.String(length=16), nullable=False),
        sa.Column("webhook_note", sa.Text(), nullable=True),
        sa.Column("webhook_checked_at", frontdesk.records.models.base.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("channel"),
    )
    op.create_table(
        "opt_outs",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("address", sa.String(length=255), nullable=False),
        sa.Column("word", sa.String(length=32), nullable=False),
        sa.Column("began_at", frontdesk.records.models.base.Moment(timezone=True), nullable=False),
        sa.Column("ended_at", frontdesk.records.models.base.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("opt_outs", schema=None) as batch_op:
        batch_op.create_index("opt_outs_by_address", ["channel", "address"], unique=False)

    op.create_table(
        "provider_events",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("event_id", sa.String(length=255), nullable=False),
        sa.Column("kind", sa.String(length=32), nullable=False),
        sa.Column("target", sa.String(length=255), nullable=True),
        sa.Column("value", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("at", frontdesk.records.models.base.Moment(timezone=True), nullable=False),
        sa.Column("applied_at", frontdesk.records.models.base.Moment(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("channel", "event_id"),
    )
    with op.batch_alter_table("provider_events", schema=None) as batch_op:
        batch_op.create_index("provider_events_by_target", ["channel", "target"], unique=False)

    op.create_table(
        "short_links",
        sa.Column("code", sa.String(length=16), nullable=False),
        sa.Column("url", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "deliveries",
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("conversation_id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("parts", sa.Integer(), nullable=False),
        sa.Column("parts_total", sa.Integer(), nullable=True),
        sa.Column("numbered", sa.Boolean(), nullable=False),
        sa.Column("despite_opt_out", sa.Boolean(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", frontdesk.records.models.base.Moment(timezone=True), nullable=False),
        sa.Column("unsure_since", frontdesk.records.models.base.Moment(timezone=True), nullable=True),
        sa.Column("nudged_at", frontdesk.records.models.base.Moment(timezone=True), nullable=True),
        sa.Column("lease_owner", sa.String(length=64), nullable=True),
        sa.Column("lease_until", frontdesk.records.models.base.Moment(timezone=True), nullable=True),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", frontdesk.records.models.base.Moment(timezone=True), nullable=False),
        sa.Column("sent_at", frontdesk.records.models.base.Moment(timezone=True), nullable=True),
        sa.Column("delivered_at", frontdesk.records.models.base.Moment(timezone=True), nullable=True),
        sa.Column("read_at", frontdesk.records.models.base.Moment(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["conversation_id"], ["conversations.id"], ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id"),
    )
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.create_index("deliveries_by_conversation", ["conversation_id", "seq"], unique=False)
        batch_op.create_index("deliveries_to_send", ["state", "next_attempt_at"], unique=False)

    op.create_table(
        "media_references",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("name", sa.String(length=255), nullable=True),
        sa.Column("media_type", sa.String(length=255), nullable=True),
        sa.Column("size", sa.Integer(), nullable=True),
        sa.Column("detail", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("file_id", sa.String(length=64), nullable=True),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("next_attempt_at", frontdesk.records.models.base.Moment(timezone=True), nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("created_at", frontdesk.records.models.base.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
    )
    with op.batch_alter_table("media_references", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_media_references_message_id"), ["message_id"], unique=False)
        batch_op.create_index("media_to_fetch", ["state", "next_attempt_at"], unique=False)

    op.create_table(
        "provider_messages",
        sa.Column("id", sa.String(length=64), nullable=False),
        sa.Column("channel", sa.String(length=32), nullable=False),
        sa.Column("provider_id", sa.String(length=255), nullable=False),
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("part", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=16), nullable=False),
        sa.Column("at", frontdesk.records.models.base.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("channel", "provider_id"),
    )
    with op.batch_alter_table("provider_messages", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_provider_messages_message_id"), ["message_id"], unique=False)

    op.create_table(
        "reactions",
        sa.Column("message_id", sa.String(length=64), nullable=False),
        sa.Column("value", sa.String(length=64), nullable=False),
        sa.Column("at", frontdesk.records.models.base.Moment(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["message_id"], ["messages.id"], ondelete="CASCADE"),
        sa.PrimaryKeyConstraint("message_id"),
    )
    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.add_column(sa.Column("contact_name", sa.String(length=255), nullable=True))
        batch_op.add_column(sa.Column("came_from", sa.String(length=255), nullable=True))

    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("edited_at", frontdesk.records.models.base.Moment(timezone=True), nullable=True)
        )
        batch_op.add_column(
            sa.Column("deleted_at", frontdesk.records.models.base.Moment(timezone=True), nullable=True)
        )
        batch_op.add_column(sa.Column("original_text", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("messages", schema=None) as batch_op:
        batch_op.drop_column("original_text")
        batch_op.drop_column("deleted_at")
        batch_op.drop_column("edited_at")

    with op.batch_alter_table("conversations", schema=None) as batch_op:
        batch_op.drop_column("came_from")
        batch_op.drop_column("contact_name")

    op.drop_table("reactions")
    with op.batch_alter_table("provider_messages", schema=None) as batch_op:
        batch_op.drop_index(batch_op.f("ix_provider_messages_message_id"))

    op.drop_table("provider_messages")
    with op.batch_alter_table("media_references", schema=None) as batch_op:
        batch_op.drop_index("media_to_fetch")
        batch_op.drop_index(batch_op.f("ix_media_references_message_id"))

    op.drop_table("media_references")
    with op.batch_alter_table("deliveries", schema=None) as batch_op:
        batch_op.drop_index("deliveries_to_send")
        batch_op.drop_index("deliveries_by_conversation")

    op.drop_table("deliveries")
    op.drop_table("short_links")
    with op.batch_alter_table("provider_events", schema=None) as batch_op:
        batch_op.drop_index("provider_events_by_target")

    op.drop_table("provider_events")
    with op.batch_alter_table("opt_outs", schema=None) as batch_op:
        batch_op.drop_index("opt_outs_by_address")

    op.drop_table("opt_outs")
    op.drop_table("channel_health")
