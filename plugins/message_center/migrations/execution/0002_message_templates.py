from message_center.migrations.runner import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    run_sql("execution/migrations/0002_message_templates")
