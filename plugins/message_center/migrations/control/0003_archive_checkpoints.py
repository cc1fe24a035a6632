"""A checkpoint of each watermark, instead of one of each account."""

from message_center.migrations.runner import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column."""
    run_sql("control/migrations/0003_archive_checkpoints")
