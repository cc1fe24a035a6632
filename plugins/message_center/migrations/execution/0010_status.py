from message_center.migrations.runner import run_sql

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    run_sql("execution/migrations/0010_status")
