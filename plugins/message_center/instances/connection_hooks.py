"""The hooks that Airflow's connections are made with: their *Test* asks the registration, which is made of hooks."""

from __future__ import annotations

from message_center.instances.examination import examine_account, examine_control
from message_center.instances.hooks import ControlInstanceHook, ExecutionInstanceHook


class ExecutionConnectionHook(ExecutionInstanceHook):
    """Hook of an account's connection."""

    def test_connection(self) -> tuple[bool, str]:  # type: ignore[override]
        """Tell what the first run would find, all of it at once."""
        return examine_account(self)


class ControlConnectionHook(ControlInstanceHook):
    """Hook of the control instance's connection."""

    def test_connection(self) -> tuple[bool, str]:  # type: ignore[override]
        """Tell whether the database suits, all that is in the way at once."""
        return examine_control(self)
