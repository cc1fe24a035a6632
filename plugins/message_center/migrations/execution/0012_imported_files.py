"""Files that events are imported from, and what was rejected of them."""

from message_center.migrations.runner import run_sql

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    """Make the tables."""
    run_sql("execution/migrations/0012_imported_files")
