"""Thresholds, looks at the instances, and what people have been told."""

from message_center.migrations.runner import run_sql

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Make the tables."""
    run_sql("control/migrations/0007_supervision")
