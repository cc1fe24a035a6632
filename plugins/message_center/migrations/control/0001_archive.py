"""The execution instances known to the control instance, the watermarks, and the archive."""

from message_center.migrations.runner import run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    run_sql("control/migrations/0001_archive")
