"""What a search of a large archive goes by."""

from message_center.migrations.runner import run_sql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    """Make the index and the statistics."""
    run_sql("control/migrations/0011_search")
