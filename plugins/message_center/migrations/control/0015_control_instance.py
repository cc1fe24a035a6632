"""Who a control instance is."""

from message_center.migrations.runner import run_sql

revision = "0015"
down_revision = "0013"


def upgrade() -> None:
    """Give it an identity."""
    run_sql("control/migrations/0015_control_instance")
