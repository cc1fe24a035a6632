"""A number for each numbering of transactions: what was marked in another one counts no more."""

from message_center.migrations.runner import run_sql

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """See ``include/sql/execution/migrations/0004_numbering.sql``."""
    run_sql("execution/migrations/0004_numbering")
