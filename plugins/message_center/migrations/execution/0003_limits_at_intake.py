"""What comes in has limits: of a call, of each field."""

from message_center.migrations.runner import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Change the tables, and drop what has another signature now."""
    run_sql("execution/migrations/0003_limits_at_intake")
