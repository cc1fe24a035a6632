"""What the steps of windows have done."""

from message_center.migrations.runner import run_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the table."""
    run_sql("execution/migrations/0007_window_steps")
