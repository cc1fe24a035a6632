"""The statistics of all instances, by minute and by day."""

from message_center.migrations.runner import run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables."""
    run_sql("control/migrations/0004_statistics")
