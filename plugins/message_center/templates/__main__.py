"""``python -m message_center.templates``."""

from message_center.templates.cli import app

app(prog_name="python -m message_center.templates")
