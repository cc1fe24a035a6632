"""
Whose an execution instance is: it belongs to one control instance, which publishes to it, archives it and purges it.

Two of them would each replace the other's templates, and purge what the other one has not archived. So whatever writes
to an instance in control's name asks first, here.
"""

from __future__ import annotations

import logging
import uuid
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg.rows import class_row

from message_center.accounts.account import AccountError
from message_center.errors import one_line
from message_center.instances.hooks import ANSWER_TIMEOUTS, ControlInstanceHook, connected
from message_center.sql import statement
from message_center.workflows import ARCHIVING

Connection = psycopg.Connection[Any]
CONNECT_SECONDS = 2

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Instance:
    """What an execution database says of itself; whatever is empty is nobody's yet."""

    database: str
    identity: str
    account: str | None = None
    instance_identifier: int | None = None
    control: uuid.UUID | None = None


class OtherControlError(AccountError):
    """An execution instance that is another control instance's."""

    def __init__(self, account: str, instance: Instance) -> None:
        super().__init__(
            account,
            f"its database {instance.database!r} belongs to another control instance, {instance.control}",
            "Give this connection a database of its own. Or, if the other one is gone, or its workflows are paused for "
            f"good, hand the instance over: trigger {ARCHIVING.dag_id(account)} with take_over",
        )


def identity_of(control: Connection) -> uuid.UUID:
    """Return who a control instance is; a dump of it that is restored is the same one."""
    row = control.execute(statement("control/control_identity")).fetchone()
    assert row is not None
    identity: uuid.UUID = row[0]
    return identity


def read_instance(execution: Connection) -> Instance:
    """Return what a migrated execution database says of itself."""
    instance = execution.cursor(row_factory=class_row(Instance)).execute(statement("execution/identity")).fetchone()
    assert instance is not None
    return instance


def refuse_other_control(account: str, control: Connection, instance: Instance) -> None:
    """
    See that an instance is nobody's yet, or this control's.

    :raises OtherControlError: if it is another one's.
    """
    if instance.control not in (None, identity_of(control)):
        raise OtherControlError(account, instance)


def owned(execution: Connection, account: str, control: Connection) -> Connection:
    """
    Return the connection to an account's instance, for what is done there in control's name.

    :raises OtherControlError: if the instance is another control's; the connection is closed then.
    """
    try:
        refuse_other_control(account, control, read_instance(execution))
    except BaseException:
        execution.close()
        raise
    return execution


def owned_as_far_as_known(execution: Connection, account: str) -> Connection:
    """
    Return the connection to an account's instance, for what people must be able to do while control is away, too.

    :raises OtherControlError: if control answers, and the instance is another's; the connection is closed then.
    """
    try:
        with connected(ControlInstanceHook(), account, ANSWER_TIMEOUTS, CONNECT_SECONDS) as control:
            return owned(execution, account, control)
    except OtherControlError:
        raise
    except (AccountError, psycopg.Error) as error:
        if execution.closed:
            raise
        log.warning("Account %s: control can't be asked whether its instance is ours: %s", account, one_line(error))
        return execution


def claim(account: str, control: Connection, execution: Connection, take_over: bool = False) -> None:
    """
    Make an execution instance a control instance's own.

    :param take_over: also if it is another's, whose templates stay live until this one publishes others of their names.
    :raises OtherControlError: if it is another's.
    """
    identity, before = identity_of(control), read_instance(execution)
    row = execution.execute(statement("execution/belong_to"), {"control": identity, "take_over": take_over}).fetchone()
    if not (row and row[0]):
        raise OtherControlError(account, read_instance(execution))
    if before.control not in (None, identity):
        log.warning("Account %s: taken over from control instance %s", account, before.control)
