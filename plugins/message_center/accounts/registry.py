"""The registry of accounts: one Airflow Variable, written by the DAG bundle, read by the DAG files."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from airflow.sdk import Variable, get_parsing_context

from message_center.accounts.account import Account

REGISTRY_VARIABLE = "message_center_accounts"


@dataclass(frozen=True)
class Registry:
    """The accounts that have workflows, and what is wrong with those that cannot."""

    accounts: list[Account] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def to_json(self) -> str:
        """Return the value of the Variable: sorted, so that it changes only when an account does."""
        accounts = sorted(self.accounts, key=lambda account: account.account)
        entries = [account.to_registry() for account in accounts]
        return json.dumps({"accounts": entries, "errors": sorted(self.errors)}, indent=1)

    @classmethod
    def from_json(cls, value: str | None) -> Registry:
        """Read the value of the Variable; empty before the DAG bundle has written it for the first time."""
        content = json.loads(value) if value else {"accounts": [], "errors": []}
        return cls([Account.from_registry(entry) for entry in content["accounts"]], content["errors"])


def accounts_to_parse() -> list[Account]:
    """
    Return the enabled accounts whose DAGs are wanted: all of them, or in a worker the one of the DAG that it runs.

    This is the only look-up that DAG files make.
    """
    wanted = get_parsing_context().dag_id
    return [
        account
        for account in read_registry().accounts
        if account.enabled and (wanted is None or wanted.endswith(f"_{account.account}"))
    ]


def read_registry() -> Registry:
    """Ask Airflow for the registry."""
    return Registry.from_json(Variable.get(REGISTRY_VARIABLE, default=None))
