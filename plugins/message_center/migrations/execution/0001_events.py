from message_center.migrations.runner import run_sql

revision = "0001"
down_revision = None


def upgrade() -> None:
    run_sql("execution/migrations/0001_events")
