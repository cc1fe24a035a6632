"""How a plain event is pushed."""

from message_center.migrations.runner import run_sql

revision = "0033"
down_revision = "0030"


def upgrade() -> None:
    """Drop what is no longer called."""
    run_sql("execution/migrations/0033_plain_events")
