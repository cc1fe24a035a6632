"""Claims of before a server's start are kept for their engines for a while."""

from message_center.migrations.runner import run_sql

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    """Add where the start is noted."""
    run_sql("execution/migrations/0028_server_start")
