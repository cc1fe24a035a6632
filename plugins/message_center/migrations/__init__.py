"""The schemas of both sides, as ordered SQL files run by Alembic."""

from message_center.migrations.runner import migrate

__all__ = ["migrate"]
