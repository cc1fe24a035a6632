"""The command for webhooks: ``message-center webhooks``."""

from __future__ import annotations

import getpass
from datetime import datetime, timezone
from typing import Annotated, Any
from uuid import uuid4

import typer

from message_center.accounts.webhook import new_secret
from message_center.instances.terminal import AccountOption, connected, print_table, told
from message_center.webhooks.acts import WebhookAct, replay, resume, webhooks_of

app = typer.Typer(
    help="See the webhooks of an execution instance, replay and resume them.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
)

Name = Annotated[str, typer.Argument(help="The webhook: its Airflow connection", show_default=False)]
Reason = Annotated[str, typer.Option(help="Why; it is recorded with your name.", show_default=False)]


@app.command()
def secret() -> None:
    """Print a new secret: for the password of a webhook's connection, and for its receiver."""
    print(new_secret())


@app.command("list")
def list_webhooks(account: AccountOption) -> None:
    """Show the webhooks, how each stands and how many messages wait for it."""
    with connected(account) as instance:
        found = webhooks_of(instance)
    columns = ("webhook", "sends to", "state", "waiting", "last success", "last error")
    rows = (
        (row["name"], row["origin"], state_of(row), row["waiting"], row["last_success_at"], row["last_error"])
        for row in found
    )
    print_table(columns, rows, width=160)


@app.command("replay")
def replay_webhook(
    name: Name,
    account: AccountOption,
    since: Annotated[datetime, typer.Option(help="From which moment on, UTC.", show_default=False)],
    reason: Reason,
) -> None:
    """Tell a webhook again what has changed since a moment, under the same ids."""
    with connected(account) as instance:
        replay(instance, _act(name, reason), since if since.tzinfo else since.replace(tzinfo=timezone.utc))
    told.print(f"{name}: what has changed since {since} is told again.")


@app.command("resume")
def resume_webhook(name: Name, account: AccountOption, reason: Reason) -> None:
    """Let a webhook be told again, from where it stood."""
    with connected(account) as instance:
        resume(instance, _act(name, reason))
    told.print(f"{name}: goes on from where it stood.")


def state_of(row: dict[str, Any]) -> str:
    """Say in words how a webhook stands."""
    if row["removed_at"]:
        return "told nothing: its connection is gone, or is among Airflow's Dag Import Errors"
    if row["disabled_at"]:
        return f"disabled: {row['disabled_reason']}"
    return f"failing since {row['failing_since']:%Y-%m-%d %H:%M}" if row["failing_since"] else "ok"


def _act(name: str, reason: str) -> WebhookAct:
    return WebhookAct(uuid4(), getpass.getuser(), reason, name)
