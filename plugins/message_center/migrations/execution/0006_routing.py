from message_center.migrations.runner import run_sql

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    run_sql("execution/migrations/0006_routing")
