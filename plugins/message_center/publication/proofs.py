"""Proofs of what a publication would bring, sent to a seed address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from message_center.accounts.account import Account
from message_center.accounts.registry import read_registry
from message_center.ctx import read_json
from message_center.delivery.email.smtp import MailHook
from message_center.instances.hooks import ControlInstanceHook, ExecutionInstanceHook, connected
from message_center.publication.choice import chosen, read_folder
from message_center.sql import statement
from message_center.templates import proof
from message_center.templates.preview import language_for

Params = Mapping[str, Any]


def send_proofs(params: Params) -> int:
    """
    Send what would be published to a seed address: each template in each language, or as a given event would get it.

    :return: how many messages.
    :raises AirflowSkipException: if no address is given.
    """
    to = params.get("proof_to")
    if not to:
        raise AirflowSkipException("No address is given for proofs (proof_to).")
    folder = read_folder()
    account, event = _event(int(params["proof_event"])) if params.get("proof_event") else (_any_account(), None)
    templates = [folder.templates[name] for name in chosen(folder, params)]
    if event is not None:
        templates = [template for template in templates if template.event_type == event["type"]]
    messages = [
        message
        for template in templates
        for message in proof.proofs(template, [language_for(template, event)] if event else [], event, to)
    ]
    proof.send_proofs(MailHook(account.smtp_conn_id).load(), messages)
    return len(messages)


def _any_account() -> Account:
    """Return the first enabled account: proofs go through its SMTP connection."""
    for account in read_registry().accounts:
        if account.enabled:
            return account
    raise AirflowFailException("No execution instance is registered, so there is no SMTP connection for proofs.")


def _event(event_id: int) -> tuple[Account, dict[str, Any]]:
    """Return an event and its account, which its id names."""
    with ControlInstanceHook().connect() as control:
        found = control.execute(statement("control/account_of_event"), [event_id]).fetchone()
    account = next((each for each in read_registry().accounts if found and each.account == found[0]), None)
    if account is None:
        raise AirflowFailException(f"No account of ours has given the id {event_id}.")
    with connected(ExecutionInstanceHook(account.account), account.account) as execution:
        row = execution.execute(statement("execution/event_as_json"), [event_id]).fetchone()
    if row is None:
        raise AirflowFailException(f"Account {account.account!r} has no event {event_id}.")
    return account, {**read_json(row[0]), "account": account.account}
