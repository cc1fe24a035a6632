from message_center.migrations.runner import run_sql

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    run_sql("execution/migrations/0008_stopping")
