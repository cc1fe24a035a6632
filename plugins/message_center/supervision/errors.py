"""What ends a supervision red."""


class NotToldError(RuntimeError):
    """A notifier that failed: what it should have told is told at the next supervision."""
