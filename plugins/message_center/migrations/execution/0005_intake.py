from message_center.migrations.runner import run_sql

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    run_sql("execution/migrations/0005_intake")
