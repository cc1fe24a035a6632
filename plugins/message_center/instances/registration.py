"""Registration: make both databases ready for an account, and notice when one was restored from a dump."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import astuple, dataclass
from typing import Any

import psycopg
from psycopg.rows import class_row

from message_center.accounts.account import Account, AccountError
from message_center.errors import one_line
from message_center.instances.belonging import Instance, claim, owned, read_instance, refuse_other_control
from message_center.instances.deployment import REMEDY, bring_up
from message_center.instances.hooks import ControlInstanceHook, ExecutionInstanceHook, connected
from message_center.instances.restores import RESTORED, is_restored, start_over
from message_center.instances.suitability import database_faults
from message_center.migrations import migrate, provide_roles
from message_center.migrations.schema import Side
from message_center.sql import statement

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Registration:
    """What control knows of an account's instance."""

    instance_identifier: int
    database_identity: str


def initialize_connection(account: Account, take_over: bool = False) -> dict[str, Any]:
    """
    Migrate both databases, provide their roles, register the instance, and prepare a full archive after a restore.

    Idempotent, and cheap when there is nothing to do.

    :param take_over: take the instance from the control instance that it belongs to, if that is another one.
    :return: the instance identifier, and why the archive starts over if it does.
    :raises AccountError: if an instance cannot be registered; says why and what to do.
    """
    name = account.account
    with connected(ControlInstanceHook(), name) as control:
        _make_ready(name, control, "control")
        with connected(ExecutionInstanceHook(name), name) as execution:
            _make_ready(name, execution, "execution")
            return register(account, control, execution, take_over)


def deploy_current(account: str) -> None:
    """
    Deploy what an instance is still behind with after its registration.

    :raises AccountError: naming the templates that it does not take.
    """
    with (
        connected(ControlInstanceHook(), account) as control,
        owned(connected(ExecutionInstanceHook(account), account), account, control) as execution,
    ):
        refused = bring_up(account, control, execution)
    if refused:
        reasons = "; ".join(f"{name}: {reason}" for name, reason in refused.items())
        raise AccountError(account, f"its instance does not take templates that are published: {reasons}", REMEDY)


def _make_ready(account: str, connection: psycopg.Connection, side: Side) -> None:
    """Bring a database to our schema, with its roles; say in words why it can't be."""
    if faults := list(database_faults(connection, side)):
        problems, remedies = (". ".join(dict.fromkeys(each)) for each in zip(*map(astuple, faults), strict=True))
        raise AccountError(account, f"its {side} database does not suit: {problems}", remedies)
    try:
        provide_roles(connection, announce=migrate(connection, side))
    except psycopg.ProgrammingError as error:
        database, role = connection.info.dbname, connection.info.user
        raise AccountError(
            account,
            f"the {side} schema cannot be made in database {database!r}: {one_line(error)}",
            f'Have a superuser run: alter database "{database}" owner to "{role}"; or use an empty database',
        ) from error


def register(
    account: Account, control: psycopg.Connection, execution: psycopg.Connection, take_over: bool = False
) -> dict[str, Any]:
    """
    Register an account's migrated database with control, and deploy what is published; see
    :func:`initialize_connection`.

    No lock that others need is held while the execution side answers: control decides in a transaction of its own, and
    only registrations of this same account take turns. Cut anywhere, the next registration goes on from what there is.
    """
    with _taking_turns(account, control):
        instance = read_instance(execution)
        refuse_other_account(account, instance)
        if not take_over:
            refuse_other_control(account.account, control, instance)
        with control.transaction():
            control.execute(statement("control/lock_instances"))
            known = registration(account, control)
            identifier = identifier_for(account, control, instance, known)
            refuse_conflicts(account, control, instance, identifier)
            if known is None:
                _note(account, control, instance, identifier)
        claim(account.account, control, execution, take_over)
        # Before anybody can push: without templates, events are not taken into account.
        for name, refusal in bring_up(account.account, control, execution).items():
            log.warning("%s: template %s is refused: %s", account.account, name, refusal)
        execution.execute(
            statement("execution/register_instance"),
            {"account": account.account, "instance_identifier": identifier},
        )
        reason = _reason_to_start_over(account, control, execution, instance, known)
        if reason:
            start_over(account.account, control, execution, reason)
        _note(account, control, instance, identifier)
    return {"instance_identifier": identifier, "resynchronised": reason}


@contextmanager
def _taking_turns(account: Account, control: psycopg.Connection) -> Iterator[None]:
    """Keep two registrations of one account apart; a session that dies lets go."""
    control.execute(statement("control/registration_lock"), {"account": account.account})
    try:
        yield
    finally:
        if not control.broken:
            control.execute(statement("control/registration_unlock"), {"account": account.account})


def _note(account: Account, control: psycopg.Connection, instance: Instance, identifier: int) -> None:
    """Note the account's database on control; after a restore, only once the archive is told to start over."""
    control.execute(
        statement("control/register_instance"),
        {"account": account.account, "instance_identifier": identifier, "identity": instance.identity},
    )


def refuse_other_account(account: Account, instance: Instance) -> None:
    """
    See that a database is no other account's.

    :raises AccountError: if it says that it is.
    """
    if instance.account not in (None, account.account):
        raise AccountError(
            account.account,
            f"its database is registered by account {instance.account!r} already",
            f"Give this connection a database of its own, or delete it and use {instance.account!r}",
        )


def registration(account: Account, control: psycopg.Connection) -> Registration | None:
    """Return what control knows of an account; ``None`` before its first registration."""
    cursor = control.cursor(row_factory=class_row(Registration))
    return cursor.execute(statement("control/registered_instance"), {"account": account.account}).fetchone()


def identifier_for(
    account: Account, control: psycopg.Connection, instance: Instance, known: Registration | None
) -> int:
    """
    Return the instance identifier that an account has, or gets.

    :raises AccountError: if it has another one than it wants, or none is left.
    """
    settled = known.instance_identifier if known else instance.instance_identifier
    if settled is not None:
        if account.instance_identifier not in (None, settled):
            raise AccountError(
                account.account,
                f"it is registered with instance identifier {settled}, not {account.instance_identifier}; "
                "event ids contain it",
                "Clear the field instance_identifier of the connection",
            )
        return settled
    if account.instance_identifier is not None:
        return account.instance_identifier
    free = control.execute(statement("control/free_instance_identifier")).fetchone()
    if free is None:
        raise AccountError(account.account, "all 127 instance identifiers are taken", "Use a second control instance")
    return int(free[0])


def refuse_conflicts(account: Account, control: psycopg.Connection, instance: Instance, identifier: int) -> None:
    """
    See that control knows no other account with this database or identifier.

    :raises AccountError: if it does.
    """
    parameters = {"account": account.account, "identity": instance.identity, "instance_identifier": identifier}
    conflict = control.execute(statement("control/conflicting_instance"), parameters).fetchone()
    if conflict is None:
        return
    other, _, same_database = conflict
    if same_database:
        raise AccountError(
            account.account,
            f"its database is registered by account {other!r} already",
            f"Give this connection a database of its own, or delete it and use {other!r}",
        )
    raise AccountError(
        account.account,
        f"instance identifier {identifier} is taken by account {other!r}",
        "Choose another in the connection, or clear the field to have a free one assigned",
    )


def _reason_to_start_over(
    account: Account,
    control: psycopg.Connection,
    execution: psycopg.Connection,
    instance: Instance,
    known: Registration | None,
) -> str | None:
    if known is None:
        return None
    if known.database_identity != instance.identity:
        return "this is another database than the one that was registered: it was moved or restored"
    return RESTORED if is_restored(account.account, control, execution) else None
