from message_center.migrations.runner import run_sql

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    run_sql("execution/migrations/0012_publication")
