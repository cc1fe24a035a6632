"""Where the local stack keeps its state, on which ports it listens, and the secrets made for it."""

from __future__ import annotations

import base64
import json
import os
import secrets
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

from message_center.accounts.webhook import new_secret
from message_center.local import private
from message_center.project import project_folder

CONTROL_DATABASE = "message_center_control"
DEMO_ACCOUNTS = ("mcExec1", "mcExec2")
SUPERUSER = "postgres"
DATABASES = ("airflow", CONTROL_DATABASE, *DEMO_ACCOUNTS)
PORT_VARIABLES = {
    "airflow": "MESSAGE_CENTER_PORT",
    "postgres": "MESSAGE_CENTER_POSTGRES_PORT",
    "smtp": "MESSAGE_CENTER_SMTP_PORT",
    "intake": "MESSAGE_CENTER_INTAKE_PORT",
    "webhook": "MESSAGE_CENTER_WEBHOOK_PORT",
}


class StackError(Exception):
    """The stack can't do what was asked; the message says why and what to do."""


@dataclass(frozen=True)
class Ports:
    """The ports of one stack; that of the log server follows Airflow's, as it does in its defaults."""

    airflow: int = 8080
    postgres: int = 5532
    smtp: int = 2525
    intake: int = 8085
    webhook: int = 8086

    @property
    def log_server(self) -> int:
        return self.airflow + 713

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Ports:
        """
        Read the ports that the user has set.

        :raises StackError: if a variable doesn't hold a port number.
        """
        return cls(
            **{
                name: port_number(variable, environment[variable])
                for name, variable in PORT_VARIABLES.items()
                if environment.get(variable)
            }
        )


def door_login(account: str) -> str:
    """Return the login by which the doors come to an account's database."""
    return f"{account}_intake"


def port_number(variable: str, text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 64_000:
        raise StackError(f"{variable} is {text!r}. Set it to a port number between 1 and 63999.")
    return int(text)


@dataclass(frozen=True)
class Paths:
    """The folders and files below the state folder (``MESSAGE_CENTER_STATE``, by default ``.local``)."""

    state: Path

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Paths:
        return cls(Path(environment.get("MESSAGE_CENTER_STATE") or project_folder() / ".local").expanduser().resolve())

    @property
    def airflow_home(self) -> Path:
        return self.state / "airflow"

    @property
    def password_file(self) -> Path:
        return self.airflow_home / "passwords.json"

    @property
    def database_folder(self) -> Path:
        return self.state / "postgres"

    @property
    def log(self) -> Path:
        return self.state / "log"

    @property
    def run(self) -> Path:
        return self.state / "run"

    @property
    def messages(self) -> Path:
        return self.state / "smtp" / "messages.jsonl"

    @property
    def webhook_messages(self) -> Path:
        return self.state / "webhook" / "messages.jsonl"

    def imports(self, account: str) -> Path:
        """Return the folder from which events of a demo account are imported."""
        return self.state / "imports" / account

    @property
    def ports_file(self) -> Path:
        return self.run / "ports.json"

    def make(self) -> None:
        self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
        imports = (self.imports(account) for account in DEMO_ACCOUNTS)
        records = (file.parent for file in (self.messages, self.webhook_messages))
        for folder in (self.airflow_home, self.log, self.run, *records, *imports):
            private.make_folder(folder)
        (self.airflow_home / "plugins").mkdir(exist_ok=True)

    def keep_ports(self, ports: Ports) -> None:
        private.write(self.ports_file, json.dumps(asdict(ports)))

    def kept_ports(self) -> Ports:
        """Return the ports of the last start; before the first one, those that the user has set."""
        if not self.ports_file.exists():
            return Ports.from_environment()
        return Ports(**json.loads(self.ports_file.read_text()))

    @cached_property
    def secrets(self) -> dict[str, str]:
        """The passwords and keys of this stack: made once, kept in a file that only its owner can read."""
        file = self.state / "secrets.json"
        known = json.loads(file.read_text()) if file.exists() else {}
        # A state of an older version has fewer.
        secrets = {**new_secrets(), **known}
        if secrets != known:
            self.state.mkdir(mode=0o700, parents=True, exist_ok=True)
            private.write(file, json.dumps(secrets, indent=2))
        return secrets

    def uri(self, database: str, ports: Ports, scheme: str = "postgresql", login: str = "") -> str:
        """
        Return the libpq URI of one of the stack's databases.

        :param login: who signs in; by default the role of the same name, whose the database is.
        """
        login = login or database
        password = quote(self.secrets[f"postgres:{login}"], safe="")
        return f"{scheme}://{login}:{password}@127.0.0.1:{ports.postgres}/{database}"


def new_secrets() -> dict[str, str]:
    return {
        "fernet_key": base64.urlsafe_b64encode(secrets.token_bytes(32)).decode(),
        "jwt_secret": secrets.token_urlsafe(64),
        "api_secret_key": secrets.token_urlsafe(32),
        "admin": secrets.token_urlsafe(12),
        "webhook": new_secret(),
        **{
            f"postgres:{role}": secrets.token_urlsafe(24)
            for role in (SUPERUSER, *DATABASES, *map(door_login, DEMO_ACCOUNTS))
        },
    }
