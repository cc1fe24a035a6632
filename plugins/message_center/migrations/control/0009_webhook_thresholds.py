"""From when on people are told of webhooks."""

from message_center.migrations.runner import run_sql

revision = "0009"
down_revision = "0007"


def upgrade() -> None:
    """Add the thresholds."""
    run_sql("control/migrations/0009_webhook_thresholds")
