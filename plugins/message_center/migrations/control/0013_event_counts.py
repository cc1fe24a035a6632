"""Events counted for reports."""

from message_center.migrations.runner import run_sql

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the tables."""
    run_sql("control/migrations/0013_event_counts")
