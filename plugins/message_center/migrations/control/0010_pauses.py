"""A threshold for pauses, and who has changed thresholds."""

from message_center.migrations.runner import run_sql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    """Make the table."""
    run_sql("control/migrations/0010_pauses")
