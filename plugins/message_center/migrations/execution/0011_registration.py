from message_center.migrations.runner import run_sql

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    run_sql("execution/migrations/0011_registration")
