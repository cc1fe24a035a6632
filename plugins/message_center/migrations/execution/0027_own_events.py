"""One place from which callers have events."""

from message_center.migrations.runner import run_sql

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    """Drop what it replaces."""
    run_sql("execution/migrations/0027_own_events")
