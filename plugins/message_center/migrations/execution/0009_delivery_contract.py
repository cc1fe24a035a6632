from message_center.migrations.runner import run_sql

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    run_sql("execution/migrations/0009_delivery_contract")
