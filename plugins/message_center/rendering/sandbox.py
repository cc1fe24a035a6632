"""Jinja for templates that users write: sandboxed, and with no silent blanks."""

from __future__ import annotations

from typing import Any

import jinja2
from jinja2.sandbox import ImmutableSandboxedEnvironment

from message_center.ctx import write_json
from message_center.rendering.bounds import bounded_power


class TemplateEnvironment(ImmutableSandboxedEnvironment):
    """A sandbox in which ``ctx.items`` is the event's data, not a method of ``dict``, and numbers keep their form."""

    intercepted_binops = frozenset(["**"])

    def __init__(self, autoescape: bool) -> None:
        super().__init__(undefined=jinja2.StrictUndefined, autoescape=autoescape)
        self.policies["json.dumps_function"] = write_json
        self.policies["json.dumps_kwargs"] = {"sort_keys": True, "default": _refuse_to_json}

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        return bounded_power(left, right)

    def getattr(self, obj: Any, attribute: str) -> Any:
        if isinstance(obj, dict) and attribute in obj:
            return obj[attribute]
        return super().getattr(obj, attribute)


def _refuse_to_json(value: Any) -> Any:
    """Refuse what ``tojson`` cannot write: if that is a missing variable, by the error that names it."""
    raise TypeError(f"{value} is not JSON")


PLAIN = TemplateEnvironment(autoescape=False)
HTML = TemplateEnvironment(autoescape=True)
