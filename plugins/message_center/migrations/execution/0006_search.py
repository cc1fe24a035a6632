"""Indexes for the search by address and external id."""

from message_center.migrations.runner import run_sql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the indexes."""
    run_sql("execution/migrations/0006_search")
