"""Webhooks: who is told of statuses by HTTP, how far, and what is still to be told."""

from message_center.migrations.runner import run_sql

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    """Make the tables."""
    run_sql("execution/migrations/0013_webhooks")
