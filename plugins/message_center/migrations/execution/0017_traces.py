"""Which templates hand on the trace of an event."""

from message_center.migrations.runner import run_sql

revision = "0017"
down_revision = "0015"


def upgrade() -> None:
    """Add the column."""
    run_sql("execution/migrations/0017_traces")
