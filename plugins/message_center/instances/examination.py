"""*Test* of a connection: everything that the first run would stumble over, told at once and before there is a run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Literal

import psycopg
from airflow.sdk.exceptions import AirflowNotFoundException

from message_center.accounts.account import Account, AccountError, read_fields
from message_center.accounts.registry import read_registry
from message_center.errors import one_line
from message_center.instances.belonging import Instance, read_instance, refuse_other_control
from message_center.instances.hooks import WINDOW_TIMEOUTS, ControlInstanceHook, InstanceHook
from message_center.instances.registration import (
    identifier_for,
    refuse_conflicts,
    refuse_other_account,
    registration,
)
from message_center.instances.suitability import TABLES, Fault, database_faults, look_at, told
from message_center.workflows import ARCHIVING

if TYPE_CHECKING:
    from airflow.sdk import Connection

SMTP_CONNECTION_TYPE = "smtp"
POSTGRES_PORT = 5432
# Airflow tests a connection under an id of its own making, and one that isn't saved yet has no other.
NAMELESS = "this_connection"
UNREGISTERED = Instance("", "")


@dataclass(frozen=True)
class Opened:
    """A database that can be reached, and whether it has the tables of its side."""

    connection: psycopg.Connection
    is_made: bool


@dataclass
class Findings:
    """What is wrong, and the databases that were opened to find out."""

    databases: ExitStack
    faults: list[Fault] = field(default_factory=list)

    @contextmanager
    def noting(self) -> Iterator[None]:
        """Note what is refused, and go on."""
        try:
            yield
        except AccountError as error:
            self.faults.append(Fault(error.problem, error.remedy))
        except psycopg.Error as error:
            self.faults.append(Fault(f"the database refuses: {one_line(error)}", "Correct that, and test again"))

    def opened(self, hook: InstanceHook, side: Literal["control", "execution"]) -> Opened | None:
        """Open a side's database and look whether it suits; ``None`` if it can't be reached."""
        try:
            connection = self.databases.enter_context(hook.connect(WINDOW_TIMEOUTS))
        except AirflowNotFoundException:
            problem = f"there is no connection {hook.get_conn_id()!r}, of the {side} instance"
            self.faults.append(Fault(problem, "Create it in Admin > Connections"))
        except (psycopg.Error, ValueError) as error:
            problem = f"the database of the {side} instance cannot be reached: {one_line(error)}"
            self.faults.append(Fault(problem, "Start the database, or correct the connection"))
        else:
            self.faults += (
                Fault(f"{side} instance: {fault.problem}", fault.remedy) for fault in database_faults(connection, side)
            )
            return Opened(connection, TABLES[side] in look_at(connection).tables)
        return None


def examine_control(hook: InstanceHook) -> tuple[bool, str]:
    """Return whether the connection of the control instance will do, and why not."""
    with ExitStack() as databases:
        findings = Findings(databases)
        control = findings.opened(hook, "control")
        return _result(findings, control)


def examine_account(hook: InstanceHook) -> tuple[bool, str]:
    """Return whether an account's connection will do, and everything that is in the way."""
    with ExitStack() as databases:
        findings = Findings(databases)
        account = _account(findings, hook.get_connection(hook.get_conn_id()).extra_dejson)
        _look_for_smtp(findings, hook, account)
        execution, control = findings.opened(hook, "execution"), findings.opened(ControlInstanceHook(), "control")
        instance = UNREGISTERED
        with findings.noting():
            if execution and execution.is_made:
                instance = read_instance(execution.connection)
            _compare(findings, _named(findings, hook, account, instance), instance, control)
        return _result(findings, execution, _told_registration(instance))


def _result(findings: Findings, opened: Opened | None, *more: str) -> tuple[bool, str]:
    if findings.faults or opened is None:
        return False, told(findings.faults)
    version = opened.connection.info.server_version // 10000
    return True, " ".join((f"PostgreSQL {version}, reachable.", *more))


def _told_registration(instance: Instance) -> str:
    if instance.account is None:
        return f"Not registered yet: the archiving workflow, {ARCHIVING.name}, does that."
    return f"Registered by account {instance.account!r}."


def _account(findings: Findings, extra: Mapping[str, Any]) -> Account:
    """Read the fields of the form; one that is wrong counts as empty."""
    fields, faults = read_fields(NAMELESS, extra)
    findings.faults += (Fault(fault.problem, fault.remedy) for fault in faults)
    return Account(NAMELESS, **fields)


def _look_for_smtp(findings: Findings, hook: InstanceHook, account: Account) -> None:
    if not account.deliver:
        return
    conn_id = account.smtp_conn_id
    remedy = f"Create {conn_id!r} in Admin > Connections, or correct the field SMTP connection"
    try:
        found = hook.get_connection(conn_id).conn_type
    except AirflowNotFoundException:
        findings.faults.append(Fault(f"there is no connection {conn_id!r} to send e-mails through", remedy))
    else:
        if found != SMTP_CONNECTION_TYPE:
            findings.faults.append(Fault(f"connection {conn_id!r} is of type {found!r}, not SMTP", remedy))


def _named(findings: Findings, hook: InstanceHook, account: Account, instance: Instance) -> Account:
    """Return the account under its name, which is that of the saved connection to the same database."""
    mine = hook.get_conn_id()
    known = {each.account for each in read_registry().accounts} | {name for name in [instance.account] if name}
    place = _place(hook.get_connection(mine))
    names = sorted(name for name in known if name == mine or _place_of(hook, name) == place)
    if len(names) > 1:
        problem = f"{' and '.join(map(repr, names))} have the same database"
        findings.faults.append(Fault(problem, "Give each account a database of its own"))
    name = mine if mine in names else next(iter(names), NAMELESS)
    return replace(account, account=name)


def _place_of(hook: InstanceHook, name: str) -> tuple[Any, ...] | None:
    with suppress(AirflowNotFoundException):
        return _place(hook.get_connection(name))
    return None


def _place(connection: Connection) -> tuple[Any, ...]:
    return (connection.host or "").lower(), connection.port or POSTGRES_PORT, connection.schema


def _compare(findings: Findings, account: Account, instance: Instance, control: Opened | None) -> None:
    """Ask what the registration would ask."""
    with findings.noting():
        refuse_other_account(account, instance)
    if control and control.is_made:
        known = registration(account, control.connection)
        identifier = identifier_for(account, control.connection, instance, known)
        refuse_conflicts(account, control.connection, instance, identifier)
        # An older version's has no identity yet.
        with suppress(psycopg.errors.UndefinedTable):
            refuse_other_control(account.account, control.connection, instance)
