"""
The DAG bundle that finds the accounts.

Airflow closes the metadata database to DAG files, but not to a bundle's ``refresh``, which runs in the DAG
processor. So that is where connections can be listed, and where the registry is written.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from importlib import import_module
from typing import TYPE_CHECKING, Any

import structlog
from airflow.configuration import conf
from airflow.dag_processing.bundles.local import LocalDagBundle
from airflow.models import Connection, Variable
from airflow.utils.session import create_session

from message_center.accounts.account import EXECUTION_CONNECTION_TYPE, Account, AccountError
from message_center.accounts.registry import REGISTRY_VARIABLE, Registry
from message_center.accounts.webhook import (
    HTTP_OPTION,
    WEBHOOK_CONNECTION_TYPE,
    Webhook,
    WebhookError,
    account_of,
)
from message_center.metadata.abandoned import fail_abandoned_runs
from message_center.metadata.beginnings import BEGUN_VARIABLE, Beginnings, begun_from_json, begun_to_json
from message_center.metadata.connections import find_connections
from message_center.metadata.endings import ENDINGS_VARIABLE
from message_center.metadata.old_runs import purge_as_asked
from message_center.metadata.parsing import Parsing
from message_center.metadata.paused import PAUSED_VARIABLE, pauses_from_json, pauses_to_json
from message_center.metadata.pauses import paused_dags
from message_center.metadata.run_purge import PURGE_VARIABLE, RunPurge
from message_center.metadata.windows import tend_windows
from message_center.project import DAGS_FOLDER

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

log = structlog.get_logger(__name__)

# What the DAG files import from other packages. Each parse is a fork of the DAG processor; without these in the parent
# it takes three times the CPU, again and again. Our own modules are left to the fork, which sees their changes.
PRELOADED = (
    "aiosmtplib",
    "airflow.providers.postgres.hooks.postgres",
    "airflow.providers.smtp.hooks.smtp",
    "airflow.sdk.definitions.timetables.trigger",
    "airflow.sdk.io.path",
    "airflow.triggers.base",
    "alembic.config",
    "alembic.op",
    "alembic.runtime.environment",
    "alembic.script",
    "fsspec.implementations.local",
    "httpcore",
    "httpx",
    "jinja2.sandbox",
    "psycopg.types.json",
    "pydantic",
    "starlette.requests",
    "yaml",
)


class MessageCenterDagBundle(LocalDagBundle):
    """
    A local DAG folder, whose refresh keeps the registry of accounts equal to the connections.

    :param path: the folder; by default that of the package, which each machine finds for itself.
    """

    def __init__(self, *, path: str | None = None, **kwargs: Any) -> None:
        super().__init__(path=path or str(DAGS_FOLDER), **kwargs)
        self._parsing = Parsing(self.name, self.path)
        self._beginnings = Beginnings(self.name)

    def refresh(self) -> None:
        """
        Do what needs the metadata database, every few seconds.

        The registry is written, if connections of our type have changed, and the DAG files are parsed anew; windows
        learn that they are to end, and begin where none is running; the supervision learns what is paused; archivings
        begin with their account, and after an upgrade; and old runs are purged when that is asked for.
        """
        for module in PRELOADED:
            import_module(module)
        with create_session() as session:
            before = Registry.from_json(Variable.get(REGISTRY_VARIABLE, default_var=None))
            registry = find_accounts(session, before)
            has_changed = publish(session, REGISTRY_VARIABLE, registry.to_json(), "its accounts")
            self._parsing.ask(session, has_changed)
        with create_session() as session:
            enabled = {account.account for account in registry.accounts if account.enabled}
            endings = tend_windows(session, self.name, enabled)
            fail_abandoned_runs(session, self.name, enabled)
            publish(session, ENDINGS_VARIABLE, endings.to_json(), "windows that are to end before their time")
        with create_session() as session:
            known_pauses = pauses_from_json(Variable.get(PAUSED_VARIABLE, default_var=None))
            paused = paused_dags(session, self.name, known_pauses)
            publish(session, PAUSED_VARIABLE, pauses_to_json(paused), "who has paused which of its DAGs")
        with create_session() as session:
            known_begun = begun_from_json(Variable.get(BEGUN_VARIABLE, default_var=None))
            begun = self._beginnings.begin(session, enabled, known_begun)
            publish(session, BEGUN_VARIABLE, begun_to_json(begun), "which archivings have begun, with which schemas")
        with create_session() as session:
            known = RunPurge.from_json(Variable.get(PURGE_VARIABLE, default_var=None))
            purge = purge_as_asked(session, self.name, known)
            publish(session, PURGE_VARIABLE, purge.to_json(), "how far the purge of old DAG runs has come")


def publish(session: Session, key: str, value: str, what: str) -> bool:
    """Write an Airflow Variable, if it has changed; return whether it has."""
    if Variable.get(key, default_var=None) == value:
        return False
    Variable.set(key, value, description=f"Written by Message Center: {what}.", session=session)
    log.info("A Variable has changed", key=key, value=value)
    return True


def find_accounts(session: Session, before: Registry) -> Registry:
    """
    Return an account with its webhooks, or an error, for each connection of our types, wherever Airflow finds it.

    :param before: an account that was good there stays as it was, beside its error: what is typed wrong stops nothing.
    """
    registry, good = Registry(), {account.account: account for account in before.accounts}
    found = find_connections(session, (EXECUTION_CONNECTION_TYPE, WEBHOOK_CONNECTION_TYPE), known=good)
    faults = dict(found.unreadable)
    for connection in found.of_type[EXECUTION_CONNECTION_TYPE]:
        try:
            registry.accounts.append(Account.from_connection(connection.conn_id, connection.extra_dejson))
        except AccountError as error:
            faults[connection.conn_id] = str(error)
    for conn_id, fault in faults.items():
        kept = good.get(conn_id)
        registry.accounts.extend([kept] if kept else [])
        registry.errors.append(f"{fault} Until then it works as before." if kept else fault)
    return with_webhooks(with_own_folders(registry), found.of_type[WEBHOOK_CONNECTION_TYPE])


def with_own_folders(registry: Registry) -> Registry:
    """Return the registry with no folder twice: of two accounts there, each would take in what is the other's."""
    owners: dict[str, str] = {}
    accounts, errors = [], list(registry.errors)
    for account in registry.accounts:
        folder = (account.import_path or "").rstrip("/")
        if account.enabled and folder and (owner := owners.setdefault(folder, account.account)) != account.account:
            remedy = "Give it a folder of its own. Until then it imports nothing"
            errors.append(str(AccountError(account.account, f"its import_path is that of {owner!r}, too", remedy)))
            account = replace(account, import_path=None)
        accounts.append(account)
    return Registry(accounts, errors)


def with_webhooks(registry: Registry, connections: Iterable[Connection]) -> Registry:
    """Return the registry with the webhooks of each account, and what is wrong with those that cannot be told."""
    webhooks: dict[str, list[str]] = {account.account: [] for account in registry.accounts}
    errors, is_http_allowed = list(registry.errors), conf.getboolean(*HTTP_OPTION, fallback=False)
    for connection in connections:
        name, account = connection.conn_id, account_of(connection.extra_dejson)
        try:
            Webhook.from_connection(
                name, connection.host, connection.password, connection.extra_dejson, is_http_allowed
            )
            if account and account not in webhooks:
                raise WebhookError(name, f"there is no account {account!r}", "Correct the account in its connection")
        except WebhookError as error:
            errors.append(str(error))
        for told in [account] if account else webhooks:
            webhooks.get(told, []).append(name)
    accounts = [replace(each, webhooks=tuple(sorted(webhooks[each.account]))) for each in registry.accounts]
    return Registry(accounts, errors)
