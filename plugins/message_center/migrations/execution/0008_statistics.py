"""Statistics by minute and queue."""

from message_center.migrations.runner import run_sql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables."""
    run_sql("execution/migrations/0008_statistics")
