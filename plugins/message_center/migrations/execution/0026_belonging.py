"""Which control instance an execution instance belongs to."""

from message_center.migrations.runner import run_sql

revision = "0026"
down_revision = "0021"


def upgrade() -> None:
    """Add the column."""
    run_sql("execution/migrations/0026_belonging")
