"""An account: an execution instance, as its Airflow connection registers it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, fields
from functools import partial
from typing import Any

EXECUTION_CONNECTION_TYPE = "message_center_execution"
CONTROL_CONNECTION_TYPE = "message_center_control"
CONTROL_CONNECTION_ID = "message_center_control"

INSTANCE_IDENTIFIERS = range(1, 128)
WINDOW_SECONDS = range(20, 3601)
IMPORT_MINUTES = range(1, 1441)

# Also a tag of its DAGs, which Airflow lets have 100 characters.
_PART_OF_A_DAG_ID = re.compile(r"[\w.-]{1,100}", re.ASCII)
# What stands before "@" is the id of a connection, which has the secrets.
_FOLDER_URL = re.compile(r"[a-z][a-z0-9+.-]*://(?:[\w.-]+@)?[^@?#\s]+")


class AccountError(ValueError):
    """A connection that cannot be an account: says which, why, and what to do."""

    def __init__(self, account: str, problem: str, remedy: str) -> None:
        super().__init__(f"Account {account!r}: {problem}. {remedy}.")
        self.account, self.problem, self.remedy = account, problem, remedy


@dataclass(frozen=True)
class Account:
    """
    What the registry keeps of an execution instance's connection; never a host, a login or a password.

    :param account: the connection id.
    :param enabled: whether it has workflows.
    :param instance_identifier: the instance identifier that the user wants, 1–127; ``None`` to have one assigned.
    :param window_seconds: the length of a queue window.
    :param smtp_conn_id: the Airflow connection through which its e-mails are sent.
    :param deliver: whether our own e-mail engine delivers for it.
    :param webhooks: the connection ids of those that are told of its statuses; from their connections, not its own.
    :param import_path: the URL of the folder from which events are imported; ``None`` for an account without one.
    :param import_minutes: how often it is looked into.
    """

    account: str
    enabled: bool = True
    instance_identifier: int | None = None
    window_seconds: int = 600
    smtp_conn_id: str = "smtp_default"
    deliver: bool = True
    webhooks: tuple[str, ...] = ()
    import_path: str | None = None
    import_minutes: int = 5

    @classmethod
    def from_connection(cls, account: str, extra: Mapping[str, Any]) -> Account:
        """
        Read an account from its connection id and extra fields.

        :raises AccountError: if the id cannot be part of a DAG id, or fields are out of their range: names them all.
        """
        if not _PART_OF_A_DAG_ID.fullmatch(account):
            raise AccountError(
                account,
                "its connection id cannot be part of a DAG id and a tag",
                "Delete the connection and create it with an id of at most 100 letters, digits, '_', '-' and '.'",
            )
        fields, faults = read_fields(account, extra)
        if faults:
            problems, remedies = (fault.problem for fault in faults), (fault.remedy for fault in faults)
            raise AccountError(account, "; ".join(problems), ". ".join(remedies))
        return cls(account, **fields)

    @classmethod
    def from_registry(cls, entry: Mapping[str, Any]) -> Account:
        """Read an account from its entry in the registry."""
        known = {field.name: entry[field.name] for field in fields(cls) if field.name in entry}
        return cls(**known | {"webhooks": tuple(entry.get("webhooks", ()))})

    def to_extra(self) -> dict[str, Any]:
        """Return the extra of its connection with all fields of the form: it shows those alone that are there."""
        return {name: value for name, value in asdict(self).items() if name not in ("account", "webhooks")}

    def to_registry(self) -> dict[str, Any]:
        """Return the entry of this account in the registry."""
        return asdict(self)


def read_fields(account: str, extra: Mapping[str, Any]) -> tuple[dict[str, Any], list[AccountError]]:
    """Return the fields of an account that its connection's extra has or leaves out, and what is wrong with others."""
    fields, faults = {}, []
    for name, read in _READERS.items():
        try:
            fields[name] = read(account, extra)
        except AccountError as error:
            faults.append(error)
    return fields, faults


def _boolean(account: str, extra: Mapping[str, Any], field: str, default: bool) -> bool:
    value = extra.get(field)
    if value is None or value == "":
        return default
    if isinstance(value, bool):
        return value
    if str(value).lower() in ("true", "false"):
        return str(value).lower() == "true"
    raise AccountError(account, f"{field} is {value!r}", f"Set {field} to true or false in the connection")


def _integer(account: str, extra: Mapping[str, Any], field: str, allowed: range, meaning: str) -> int | None:
    value = extra.get(field)
    if value is None or value == "":
        return None
    text = str(value)
    if not text.isdecimal() or int(text) not in allowed:
        raise AccountError(
            account,
            f"its {meaning} is {value!r}, not a number from {allowed[0]} to {allowed[-1]}",
            f"Change the field {field} of the connection, or leave it empty for the default",
        )
    return int(text)


def _instance_identifier(account: str, extra: Mapping[str, Any]) -> int | None:
    return _integer(account, extra, "instance_identifier", INSTANCE_IDENTIFIERS, "instance identifier")


def _window_seconds(account: str, extra: Mapping[str, Any]) -> int:
    return (
        _integer(account, extra, "window_seconds", WINDOW_SECONDS, "window length in seconds") or Account.window_seconds
    )


def _smtp_conn_id(account: str, extra: Mapping[str, Any]) -> str:
    return str(extra.get("smtp_conn_id") or Account.smtp_conn_id)


def _import_path(account: str, extra: Mapping[str, Any]) -> str | None:
    path = extra.get("import_path") or None
    if path is not None and not _is_folder(str(path)):
        # Without the value, which may have a password in it.
        remedy = (
            "Set import_path to one such as file:///srv/events or s3://connection_id@bucket/events, "
            "without '..' or '//' in it, and no folder done"
        )
        raise AccountError(account, "its import_path is not the URL of a folder", remedy)
    return path and str(path)


def _is_folder(url: str) -> bool:
    """Whether it is a URL of a folder, written in the one way: two accounts with one folder are found by it."""
    within = url.partition("://")[2].rstrip("/").split("/")[1:]
    is_plain = not {"", ".", ".."} & {*within}
    # What an account has put away is there.
    return bool(_FOLDER_URL.fullmatch(url)) and is_plain and within[-1:] != ["done"]


def _import_minutes(account: str, extra: Mapping[str, Any]) -> int:
    return (
        _integer(account, extra, "import_minutes", IMPORT_MINUTES, "time between imports in minutes")
        or Account.import_minutes
    )


_READERS: Mapping[str, Callable[[str, Mapping[str, Any]], Any]] = {
    "enabled": partial(_boolean, field="enabled", default=Account.enabled),
    "instance_identifier": _instance_identifier,
    "window_seconds": _window_seconds,
    "smtp_conn_id": _smtp_conn_id,
    "deliver": partial(_boolean, field="deliver", default=Account.deliver),
    "import_path": _import_path,
    "import_minutes": _import_minutes,
}
