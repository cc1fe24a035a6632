from message_center.migrations.runner import run_sql

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    run_sql("execution/migrations/0003_delivery_logs")
