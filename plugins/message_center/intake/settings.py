"""What the doors are told: by the environment, like everything that runs in a process of its own."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

PREFIX = "MESSAGE_CENTER_INTAKE_"
INSTANCES = f"{PREFIX}INSTANCES"


class SettingsError(ValueError):
    """A setting that the doors can't work with: says which, and what to write."""


@dataclass(frozen=True)
class Settings:
    """
    The doors' settings.

    :param instances: the execution instances by the names of their accounts, each as libpq reaches it.
    :param max_body_bytes: of a request, and of a line of a stream.
    :param max_pending: the doors of a queue close while more events than these wait in it; ``None``: never.
    :param connections: to each instance, of each process, for the calls of one caller; there is one more for others.
    :param refresh_seconds: after how long a change of the callers holds at the latest.
    :param unknown_key_seconds: how long a key that is not known may take to be looked for.
    """

    instances: Mapping[str, str] = field(default_factory=dict, repr=False)
    max_body_bytes: int = 8 * 1024 * 1024
    max_pending: int | None = None
    connections: int = 4
    refresh_seconds: float = 5.0
    unknown_key_seconds: float = 0.5

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Settings:
        """
        Read the settings.

        :raises SettingsError: if one of them is not what it should be.
        """
        numbers = {
            name: _number(f"{PREFIX}{name.upper()}", environment)
            for name in ("max_body_bytes", "max_pending", "connections")
            if environment.get(f"{PREFIX}{name.upper()}")
        }
        return cls(instances=_instances(environment.get(INSTANCES, "")), **numbers)


def _number(variable: str, environment: Mapping[str, str]) -> int:
    text = environment[variable]
    if not text.isdecimal() or not 0 < int(text) < 2**31:
        raise SettingsError(f"{variable} is no whole number above 0. Set it to one, or leave it out.")
    return int(text)


def _instances(text: str) -> dict[str, str]:
    remedy = f'Set {INSTANCES} to JSON: {{"<account>": "postgresql://<login>:<password>@<host>/<database>"}}.'
    try:
        found = json.loads(text)
    except ValueError:
        # Without the text, which has passwords in it.
        raise SettingsError(f"{INSTANCES} is missing, or no JSON. {remedy}") from None
    if not isinstance(found, dict) or not found or not all(isinstance(uri, str) for uri in found.values()):
        raise SettingsError(f"{INSTANCES} is no object of texts. {remedy}")
    return found
