"""The archive sets aside what it cannot take."""

from message_center.migrations.runner import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Make the table, and the indexes anew."""
    run_sql("control/migrations/0002_set_aside_rows")
