"""In which order webhooks are told."""

from message_center.migrations.runner import run_sql

revision = "0030"
down_revision = "0028"


def upgrade() -> None:
    """Make the index anew."""
    run_sql("execution/migrations/0030_webhook_message_waiting")
