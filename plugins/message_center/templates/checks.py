"""What is wrong with templates, found before they are published: each is rendered with its own sample."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace
from email.utils import getaddresses
from typing import Any, NamedTuple

import jinja2

from message_center.channels import ADDRESS_FIELDS, CHANNELS, EMAIL
from message_center.project import shown
from message_center.rendering.body import render_body
from message_center.rendering.email import render_email
from message_center.rendering.errors import RenderingError
from message_center.rendering.event import ClaimedEvent
from message_center.rendering.template import DeployedTemplate
from message_center.templates.fields import email_is_well_formed
from message_center.templates.model import LanguageVariant, MessageTemplate
from message_center.templates.preview import claimed_event, deliverable
from message_center.templates.problems import TemplateProblem
from message_center.templates.sources import SETTINGS_FILE

ADDRESSES = {"sender": "from", "reply_to": "reply_to"}
OF_EMAILS = {**ADDRESSES, "subject": "subject"}
REQUIRED = {"sender": "from", "subject": "subject"}
RENDERED = ("subject", "html_body", "text_body")

REMEDIES: dict[type[BaseException], str] = {
    jinja2.TemplateSyntaxError: "Correct the Jinja",
    jinja2.UndefinedError: "Correct the name, or give the sample such a value",
    json.JSONDecodeError: "Write values as {{ ctx.name | tojson }}, without quotes of their own",
}


class PartProblem(NamedTuple):
    """A problem of a part of a message, or of the sample; ``field`` is what its file calls it."""

    part: str
    field: str
    message: str


def check(template: MessageTemplate, event_types: Collection[str]) -> list[TemplateProblem]:
    """
    Return everything that is wrong with a template, beyond the form of its files.

    :param event_types: those that exist; if none does, that is the problem of their own file.
    """
    default = template.languages[""]
    problems = []
    if event_types and template.event_type not in event_types:
        known = f"Known: {', '.join(sorted(event_types))}. Correct it, or add it to event_types.yaml"
        message = f"{template.event_type!r} is unknown. {known}"
        problems.append(TemplateProblem(shown(default.folder / SETTINGS_FILE), "event_type", message))
    broken: set[str] = set()
    for language, variant in template.languages.items():
        found = list(_variant_problems(template, language))
        # What is no better in the default language is said there alone.
        problems += [_located(variant, default, each) for each in found if not _is_said(variant, default, each, broken)]
        broken |= {each.part for each in found if variant is default}
    return problems


def event_problems(template: MessageTemplate, event: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the fields for which an event could not be pushed and get this template, and what is wrong with each."""
    for name, own in (("type", template.event_type), ("wished_channel", template.wished_channel)):
        if event.get(name, own) != own:
            yield name, f"is {event[name]!r}, but the template is for {own!r}. Leave it out"
    field = ADDRESS_FIELDS[template.wished_channel]
    address = event.get(field)
    if not address:
        yield field, f"is missing. It is the address of the channel {_channel(template)}"
    elif field == "email" and not email_is_well_formed(address):
        yield field, f"{address!r} is not an e-mail address. Such an event is refused"


def reason(template: DeployedTemplate, error: RenderingError) -> str:
    """Return what a rendering error says, and what to do, without the name of the template."""
    remedy = next((text for kind, text in REMEDIES.items() if isinstance(error.__cause__, kind)), None)
    return ". ".join(filter(None, (str(error).removeprefix(f"{template.name}: ").rstrip("."), remedy)))


def _is_said(variant: LanguageVariant, default: LanguageVariant, problem: PartProblem, broken: set[str]) -> bool:
    return problem.part in broken and variant.files[problem.part] == default.files[problem.part]


def _located(variant: LanguageVariant, default: LanguageVariant, problem: PartProblem) -> TemplateProblem:
    file = variant.files[problem.part]
    if variant is default or file != default.files[problem.part]:
        return TemplateProblem(shown(file), problem.field, problem.message)
    inherited = f"{problem.message}. It is that of {shown(file)}, rendered with this language's sample"
    return TemplateProblem(shown(variant.folder / SETTINGS_FILE), problem.field, inherited)


def _variant_problems(template: MessageTemplate, language: str) -> Iterator[PartProblem]:
    variant = template.languages[language]
    headers = list(_header_problems(template, variant))
    sample = [PartProblem("sample", f"sample.{name}", text) for name, text in _sample_problems(template, language)]
    yield from headers
    yield from sample
    if not sample:
        yield from _rendering_problems(template, language, is_whole=not headers)


def _header_problems(template: MessageTemplate, variant: LanguageVariant) -> Iterator[PartProblem]:
    if template.wished_channel != EMAIL:
        for part, field in OF_EMAILS.items():
            if getattr(variant, part) is not None:
                yield PartProblem(part, field, f"is for e-mails only, not for {_channel(template)}. Remove it")
        return
    for part, field in REQUIRED.items():
        if getattr(variant, part) is None:
            yield PartProblem(part, field, "is missing. Every e-mail has one")
    for part, field in ADDRESSES.items():
        text = getattr(variant, part)
        if text is not None and not _is_address(text):
            form = "Write it as orders@shop.example or Shop <orders@shop.example>; it is not rendered"
            yield PartProblem(part, field, f"{text!r} is not an e-mail address. {form}")


def _is_address(text: str) -> bool:
    found = getaddresses([text])
    plain = text.isprintable() and not any(mark in text for mark in ("{{", "{%"))
    return plain and len(found) == 1 and found[0][1].isascii() and email_is_well_formed(found[0][1])


def _sample_problems(template: MessageTemplate, language: str) -> Iterator[tuple[str, str]]:
    sample = template.languages[language].sample
    yield from event_problems(template, sample)
    if language and sample["language"] != language:
        yield "language", f"is {sample['language']!r}, but the folder is for {language!r}. Leave it out"


def _rendering_problems(template: MessageTemplate, language: str, is_whole: bool) -> Iterator[PartProblem]:
    event, whole = claimed_event(template, template.languages[language].sample), deliverable(template, language)
    context = event.context
    for part in (part for part in RENDERED if getattr(whole, part) is not None):
        try:
            _alone(whole, part).text_of(part, context)
        except RenderingError as error:
            is_whole = False
            yield _part_problem(part, whole, error)
    if is_whole:
        yield from _message_problems(template, language, whole, event)


def _part_problem(part: str, template: DeployedTemplate, error: RenderingError) -> PartProblem:
    return PartProblem(part, part, reason(template, error).removeprefix(part).lstrip(", "))


def _alone(template: DeployedTemplate, part: str) -> DeployedTemplate:
    """Return a template with one part only, so that each part's problems are found and not the first one's alone."""
    parts = {"subject": None, "html_body": None, "text_body": ""} | {part: getattr(template, part)}
    return replace(template, **parts)


def _message_problems(
    template: MessageTemplate, language: str, whole: DeployedTemplate, event: ClaimedEvent
) -> Iterator[PartProblem]:
    is_json = template.languages[language].is_json
    part = "subject" if template.wished_channel == EMAIL else "text_body"
    try:
        if template.wished_channel == EMAIL:
            render_email(whole, event)
        else:
            render_body(whole, event, is_json=is_json)
            if is_json:
                _render_with_quotes(whole, event)
    except RenderingError as error:
        yield _part_problem(part, whole, error)


def _render_with_quotes(template: DeployedTemplate, event: ClaimedEvent) -> None:
    """
    Render JSON with a quote in every text of the data, as there may be in a name.

    :raises RenderingError: if it is no JSON then; what else such odd data may lead to is not its problem.
    """
    try:
        render_body(template, replace(event, ctx=_quoted(event.ctx)), is_json=True)
    except RenderingError as error:
        if isinstance(error.__cause__, json.JSONDecodeError):
            problem = f"{template.name}: text_body is not JSON if the data has a quote in it"
            raise RenderingError(problem) from error.__cause__


def _quoted(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _quoted(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_quoted(each) for each in value]
    return f'{value}"' if isinstance(value, str) else value


def _channel(template: MessageTemplate) -> str:
    return next(name for name, code in CHANNELS.items() if code == template.wished_channel)
