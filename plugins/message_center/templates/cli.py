"""The authors' command, ``python -m message_center.templates``: check, look at and try out message templates."""

from __future__ import annotations

import contextlib
import email
import email.policy
import json
import sys
from collections.abc import Iterator, Mapping
from email.message import EmailMessage
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from message_center.channels import EMAIL
from message_center.project import shown
from message_center.rendering.body import render_body
from message_center.rendering.email import render_email
from message_center.rendering.errors import RenderingError
from message_center.rendering.mime import wire
from message_center.templates.checks import event_problems, reason
from message_center.templates.documents import read_text
from message_center.templates.fields import Event, validated
from message_center.templates.files import TEMPLATE_FOLDER, load_templates, template_names
from message_center.templates.model import MessageTemplate
from message_center.templates.overview import location, overview
from message_center.templates.preview import claimed_event, deliverable, language_for
from message_center.templates.problems import TemplateProblem, TemplateProblemsError, problem
from message_center.templates.proof import ProofError, proofs, send_proofs

SMTP_VARIABLE = "MESSAGE_CENTER_PROOF_SMTP"

app = typer.Typer(
    help="Check, look at and try out message templates, before they are published.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_show_locals=False,
)
console = Console(highlight=False, width=None if sys.stdout.isatty() else 140)

Name = Annotated[str, typer.Argument(help="The internal name: the template's folder.", show_default=False)]
Folder = Annotated[
    Path, typer.Option(help="The folder of templates.", exists=True, file_okay=False, show_default=False)
]
EventFile = Annotated[
    Path | None, typer.Option(help="An event as it would be pushed, in JSON, instead of the sample.", dir_okay=False)
]


class CommandError(Exception):
    """What the author asked for is not there; says what is."""


@contextlib.contextmanager
def plain_errors() -> Iterator[None]:
    """Say what is wrong in words instead of a traceback."""
    try:
        yield
    except (CommandError, ProofError, RenderingError, TemplateProblemsError) as error:
        Console(stderr=True, highlight=False).print(str(error), style="red", markup=False, soft_wrap=True)
        raise typer.Exit(1) from None


@app.command()
def check(folder: Folder = TEMPLATE_FOLDER) -> None:
    """
    Check all templates, each rendered with its sample.

    Only publication checks what is set elsewhere: conditions, which PostgreSQL reads, and enrichments by callables.
    """
    loaded = load_templates(folder)
    console.print(overview(loaded))
    for each in loaded.problems:
        console.print(f"· {each}", style="red", markup=False, soft_wrap=True)
    count = len(loaded.problems)
    console.print(f"{count} problem{'s' * (count > 1)}" if count else "No problems", style="red" if count else "green")
    raise typer.Exit(1 if count else 0)


@app.command()
def preview(
    name: Name,
    language: Annotated[str | None, typer.Option(help="By default that of the event.", show_default=False)] = None,
    event_file: EventFile = None,
    html: Annotated[bool, typer.Option("--html", help="Print the HTML part, and nothing else.")] = False,
    folder: Folder = TEMPLATE_FOLDER,
) -> None:
    """Print the message that an event would become."""
    with plain_errors():
        template = _template(folder, name)
        event = _event(event_file, template)
        if language is None:
            language = language_for(template, event) if event else ""
        _print(template, _known(template, language), event, html)


@app.command()
def proof(
    name: Name,
    to: Annotated[str, typer.Option(help="The seed address.", show_default=False)],
    language: Annotated[list[str] | None, typer.Option(help="May be repeated. By default all.")] = None,
    event_file: EventFile = None,
    smtp: Annotated[
        str,
        typer.Option(
            envvar=SMTP_VARIABLE,
            show_default=False,
            help="An Airflow connection URI, e.g. smtp://user:password@host:465. "
            "For STARTTLS add ?disable_ssl=true, for no encryption ?disable_ssl=true&disable_tls=true.",
        ),
    ] = "",
    folder: Folder = TEMPLATE_FOLDER,
) -> None:
    """Send a template to a seed address. No event is touched."""
    with plain_errors():
        template = _template(folder, name)
        messages = proofs(template, language or [], _event(event_file, template), to)
        send_proofs(_mail_hook(smtp), messages)
        console.print(f"Sent to {to}:", style="green", markup=False)
        for message in messages:
            console.print(f"· {_received(message)['Subject']}", markup=False)


def _template(folder: Path, name: str) -> MessageTemplate:
    """
    Return a template that has no problem but, perhaps, its sample.

    :raises TemplateProblemsError: listing the problems that leave nothing to look at.
    """
    loaded = load_templates(folder)
    if name in loaded.templates:
        return loaded.templates[name]
    if name in template_names(folder):
        raise TemplateProblemsError(each for each in loaded.problems if location(each, folder)[0] == name)
    raise CommandError(f"There is no template {name!r}. Known: {', '.join(template_names(folder))}.")


def _known(template: MessageTemplate, language: str) -> str:
    if language in template.languages:
        return language
    known = ", ".join(each for each in template.languages if each) or "none but the default one"
    raise CommandError(f"Template {template.internal_name} is not in {language!r}. Languages: {known}.")


def _event(file: Path | None, template: MessageTemplate) -> Mapping[str, Any] | None:
    if file is None:
        return None
    try:
        pushed = json.loads(read_text(file))
    except OSError as error:
        raise CommandError(f"{file}: {error.strerror}.") from error
    except json.JSONDecodeError as error:
        raise problem(file, "", f"is not JSON: line {error.lineno}, column {error.colno}: {error.msg}") from error
    event = validated(Event, pushed, file).model_dump(exclude_none=True)
    if problems := [TemplateProblem(shown(file), *each) for each in event_problems(template, event)]:
        raise TemplateProblemsError(problems)
    return event


def _print(template: MessageTemplate, language: str, event: Mapping[str, Any] | None, html: bool) -> None:
    variant, rendered = template.languages[language], deliverable(template, language)
    claimed = claimed_event(template, variant.sample if event is None else event)
    try:
        if html and variant.html_body is None:
            raise CommandError(f"Template {template.internal_name} has no HTML part.")
        if html:
            typer.echo(rendered.text_of("html_body", claimed.context))
        elif template.wished_channel == EMAIL:
            _print_email(_received(render_email(rendered, claimed)))
        else:
            typer.echo(render_body(rendered, claimed, is_json=variant.is_json))
    except RenderingError as error:
        raise CommandError(reason(rendered, error)) from error


def _print_email(message: EmailMessage) -> None:
    for name in ("From", "To", "Reply-To", "Subject"):
        if message[name]:
            console.print(f"[bold]{name}:[/] ", end="")
            console.print(str(message[name]), markup=False, soft_wrap=True)
    text = message.get_body(("plain",))
    typer.echo(f"\n{text.get_content() if text else ''}", nl=False)


def _received(message: EmailMessage) -> EmailMessage:
    """Return a message as its recipient has it."""
    received = email.message_from_bytes(wire(message), policy=email.policy.default)
    assert isinstance(received, EmailMessage)
    return received


def _mail_hook(uri: str) -> Any:
    """Return a hook with the connection of a URI, which Airflow need not know."""
    if not uri:
        raise CommandError(f"Say where to send it: --smtp smtp://host:port, or the variable {SMTP_VARIABLE}.")
    with console.status("Loading Airflow's SMTP …"):
        from airflow.sdk import Connection
        from airflow.sdk.exceptions import AirflowException

        from message_center.delivery.email.smtp import MailHook
    # Their own errors are not told: they quote the URI, with its password.
    connection = None
    with contextlib.suppress(AirflowException, ValueError):
        connection = Connection.from_uri(uri, conn_id="proof")
    if connection is None or connection.conn_type != "smtp" or not connection.host:
        raise CommandError("--smtp is no SMTP connection. Write it as smtp://user:password@host:port.")
    hook = MailHook(f"{connection.host}:{connection.port}")
    hook.smtp_connection = connection
    return hook
