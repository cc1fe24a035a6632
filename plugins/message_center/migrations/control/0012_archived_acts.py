"""Acts are archived."""

from message_center.migrations.runner import run_sql

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the tables."""
    run_sql("control/migrations/0012_archived_acts")
