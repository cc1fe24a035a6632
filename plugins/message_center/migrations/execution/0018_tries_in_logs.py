"""Earlier tries, in the delivery logs themselves."""

from message_center.migrations.runner import run_sql

revision = "0018"
down_revision = "0017"


def upgrade() -> None:
    """Move them, and drop their table."""
    run_sql("execution/migrations/0018_tries_in_logs")
