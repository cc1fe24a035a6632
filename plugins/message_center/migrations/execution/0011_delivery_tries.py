"""What delivery logs said before: tries that failed, and what was sent before it bounced."""

from message_center.migrations.runner import run_sql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the table."""
    run_sql("execution/migrations/0011_delivery_tries")
