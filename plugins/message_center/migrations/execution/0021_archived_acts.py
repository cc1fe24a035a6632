"""Acts are archived."""

from message_center.migrations.runner import run_sql

revision = "0021"
down_revision = "0018"


def upgrade() -> None:
    """Give them what the archive reads by."""
    run_sql("execution/migrations/0021_archived_acts")
