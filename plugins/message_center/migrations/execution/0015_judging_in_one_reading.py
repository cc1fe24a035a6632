"""Events are judged with one reading of their JSON."""

from message_center.migrations.runner import run_sql

revision = "0015"
down_revision = "0013"


def upgrade() -> None:
    """Drop what takes other parameters from now on."""
    run_sql("execution/migrations/0015_judging_in_one_reading")
