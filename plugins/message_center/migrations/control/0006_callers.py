"""Who pushed an event, in the archive."""

from message_center.migrations.runner import run_sql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Add the columns."""
    run_sql("control/migrations/0006_callers")
