"""What operators do with events, recorded."""

from message_center.migrations.runner import run_sql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Make the tables."""
    run_sql("execution/migrations/0009_operator_acts")
