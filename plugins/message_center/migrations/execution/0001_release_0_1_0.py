"""The schema as 0.1.0 released it. Every database begins with schema/ as it is then, so there is nothing to do here."""

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Nothing: what came before was never released."""
