from message_center.migrations.runner import run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    run_sql("execution/migrations/0004_workflows")
