"""Who is told, and when: ``[message_center] alert_notifiers`` and ``alert_night`` of Airflow's configuration."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time
from importlib import import_module
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from airflow.sdk import BaseNotifier
from airflow.sdk.configuration import conf

from message_center.supervision.changes import LEVELS

NOTIFIERS_OPTION, NIGHT_OPTION = "alert_notifiers", "alert_night"
_NIGHT = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)(?: (\S+))?")


class SettingError(ValueError):
    """A setting that cannot be read; says which and why."""

    def __init__(self, option: str, problem: str) -> None:
        super().__init__(f"[message_center] {option}: {problem}.")


@dataclass(frozen=True)
class Night:
    """Between two times of day only alerts are told, and their end; warnings wait for the morning."""

    begins: time
    ends: time
    zone: ZoneInfo

    def covers(self, now: datetime) -> bool:
        """Whether it is night at a moment."""
        at = now.astimezone(self.zone).time()
        if self.begins <= self.ends:
            return self.begins <= at < self.ends
        return at >= self.begins or at < self.ends


@dataclass(frozen=True)
class Notifier:
    """
    A notifier of Airflow, as it is configured.

    :param name: its key in what it has been told.
    :param path: of its class.
    :param least: the level from which on it is told.
    :param arguments: for its class; templates among them see ``alert``.
    """

    name: str
    path: str
    least: str
    arguments: Mapping[str, Any]

    def tell(self, context: Any) -> None:
        """Let the notifier tell."""
        self.make()(context)

    def make(self) -> BaseNotifier:
        """
        Return the notifier.

        :raises SettingError: if there is no such class, or it does not take these arguments.
        """
        try:
            module, _, name = self.path.rpartition(".")
            made = getattr(import_module(module), name)(**self.arguments)
        except (ImportError, AttributeError, TypeError, ValueError) as error:
            raise SettingError(NOTIFIERS_OPTION, f"{self.path} cannot be made: {error}") from error
        if not isinstance(made, BaseNotifier):
            raise SettingError(NOTIFIERS_OPTION, f"{self.path} is no notifier of Airflow")
        return made


def configured_notifiers() -> list[Notifier]:
    """
    Return the notifiers that are configured.

    :raises SettingError: if the setting is not a JSON array of objects with notifier, from and arguments.
    """
    text = conf.get("message_center", NOTIFIERS_OPTION, fallback="") or "[]"
    try:
        entries = json.loads(text)
    except ValueError as error:
        raise SettingError(NOTIFIERS_OPTION, f"it is no JSON: {error}") from error
    if not isinstance(entries, list):
        raise SettingError(NOTIFIERS_OPTION, "it is no array of objects")
    notifiers = [_notifier(entry) for entry in entries]
    if len({each.name for each in notifiers}) < len(notifiers):
        raise SettingError(NOTIFIERS_OPTION, 'two have the same name: give each a "name"')
    return notifiers


def configured_night() -> Night | None:
    """
    Return the night, if there is one.

    :raises SettingError: if it is not "22:00-07:00 Europe/Paris"; without a zone, UTC.
    """
    text = conf.get("message_center", NIGHT_OPTION, fallback="")
    if not text:
        return None
    found = _NIGHT.fullmatch(text)
    try:
        if found is None:
            raise ValueError(text)
        begins, ends = (time(int(found[first]), int(found[first + 1])) for first in (1, 3))
        return Night(begins, ends, ZoneInfo(found[5] or "UTC"))
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise SettingError(NIGHT_OPTION, f"{text!r} is not of the form 22:00-07:00 Europe/Paris") from error


def _notifier(entry: Any) -> Notifier:
    if not isinstance(entry, dict) or not isinstance(entry.get("notifier"), str):
        raise SettingError(NOTIFIERS_OPTION, 'each is an object with the path of a class as its "notifier"')
    if unknown := entry.keys() - {"notifier", "name", "from", "arguments"}:
        raise SettingError(NOTIFIERS_OPTION, f"what is {', '.join(sorted(unknown))}")
    least = entry.get("from", "warning")
    if least not in LEVELS[1:]:
        raise SettingError(NOTIFIERS_OPTION, f'"from" is warning or alert, not {least!r}')
    return Notifier(entry.get("name") or entry["notifier"], entry["notifier"], least, entry.get("arguments") or {})
