"""Search in the archive."""

from message_center.migrations.runner import run_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Make the indexes."""
    run_sql("control/migrations/0005_search")
