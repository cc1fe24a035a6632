"""A deployed message template, compiled: its parts become texts."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parseaddr
from functools import cached_property
from typing import Any

import jinja2

from message_center.rendering.bounds import MAX_PART_CHARACTERS, WATCH, BoundError
from message_center.rendering.errors import RenderingError
from message_center.rendering.sandbox import HTML, PLAIN, TemplateEnvironment


@dataclass(frozen=True)
class DeployedTemplate:
    """One row of ``message_template``, compiled when first needed and then kept."""

    id: int
    internal_name: str
    version: int
    language: str
    sender: str | None
    reply_to: str | None
    subject: str | None
    html_body: str | None
    text_body: str
    hands_on_trace: bool = False

    @property
    def name(self) -> str:
        language = f", {self.language}" if self.language else ""
        return f"template {self.internal_name} (version {self.version}{language})"

    @cached_property
    def parts(self) -> dict[str, jinja2.Template]:
        """The compiled parts by name."""
        return {
            part: self._compile(environment, part, source)
            for part, environment, source in (
                ("subject", PLAIN, self.subject or ""),
                ("text_body", PLAIN, self.text_body),
                ("html_body", HTML, self.html_body),
            )
            if source is not None
        }

    @cached_property
    def sender_address(self) -> str:
        """The address part of the sender, also the envelope's."""
        address = parseaddr(self.sender or "")[1]
        local_part, _, domain = address.rpartition("@")
        if not (local_part and domain and address.isascii()):
            raise RenderingError(f"{self.name}: sender is missing or not an address in ASCII")
        return address

    @property
    def sender_domain(self) -> str:
        """The domain of the sender's address."""
        return self.sender_address.rpartition("@")[2]

    def text_of(self, part: str, context: Mapping[str, Any]) -> str:
        """
        Render one part.

        :raises RenderingError: naming the part, the line and the variable.
        """
        try:
            with WATCH.over():
                text = self.parts[part].render(context)
        except RenderingError:
            raise
        except BoundError as error:
            raise RenderingError(f"{self.name}: {part} takes too much: {error}") from error
        except MemoryError as error:
            raise RenderingError(f"{self.name}: {part} takes too much memory") from error
        except jinja2.TemplateError as error:
            raise RenderingError(f"{self.name}: {part}, {_where(error)}{error}") from error
        except Exception as error:  # noqa: BLE001 - and not from it: it may quote the event's data, in a traceback too
            raise RenderingError(
                f"{self.name}: {part}, {_where(error)}{type(error).__name__} while rendering"
            ) from None
        if len(text) > MAX_PART_CHARACTERS:
            raise RenderingError(f"{self.name}: {part} is longer than {MAX_PART_CHARACTERS:,} characters")
        return text

    def _compile(self, environment: TemplateEnvironment, part: str, source: str) -> jinja2.Template:
        try:
            return environment.from_string(source)
        except jinja2.TemplateSyntaxError as error:
            raise RenderingError(f"{self.name}: {part}, line {error.lineno}: {error.message}") from error


def _where(error: Exception) -> str:
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == "<template>"]
    return f"line {lines[-1]}: " if lines else ""
