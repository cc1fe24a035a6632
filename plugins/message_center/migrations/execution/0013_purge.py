from message_center.migrations.runner import run_sql

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    run_sql("execution/migrations/0013_purge")
