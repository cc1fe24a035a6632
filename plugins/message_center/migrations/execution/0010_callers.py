"""The doors' callers, whose keys and events are their own."""

from message_center.migrations.runner import run_sql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the tables, and the columns that name a caller."""
    run_sql("execution/migrations/0010_callers")
