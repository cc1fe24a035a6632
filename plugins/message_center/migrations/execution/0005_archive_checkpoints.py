"""A checkpoint of each pass of the archive, instead of one of each run."""

from message_center.migrations.runner import run_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the table."""
    run_sql("execution/migrations/0005_archive_checkpoints")
