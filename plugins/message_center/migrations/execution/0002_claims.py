"""Claims and outcomes that stop nobody else: one bad outcome, a claim left open, an engine that died."""

from message_center.migrations.runner import run_sql

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """See ``include/sql/execution/migrations/0002_claims.sql``."""
    run_sql("execution/migrations/0002_claims")
