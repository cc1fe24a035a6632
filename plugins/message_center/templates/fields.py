"""The fields of ``template.yaml``, and of an event as it is pushed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue, RootModel, ValidationError
from pydantic_core import ErrorDetails

from message_center.project import shown
from message_center.templates.documents import read_yaml
from message_center.templates.problems import TemplateProblem, TemplateProblemsError

# As the intake has it: see email_is_well_formed in include/sql.
_BEYOND = (
    r"\u00a1-\u00ac\u00ae-\u167f\u1681-\u1fff\u200c-\u200d\u2010-\u2027\u2030-\u205e"
    r"\u2070-\u2fff\u3003-\ud7ff\uf900-\ufdcf\ufdf0-\ufe6a\ufe6c-\ufefe\U00010000-\U000dffff"
)
_ATOM = rf"[A-Za-z0-9!#$%&'*+/=?^_`{{|}}~{_BEYOND}-]+"
_LETTER = rf"[A-Za-z0-9{_BEYOND}]+"
_LABEL = rf"{_LETTER}(?:-+{_LETTER})*"
_ADDRESS = re.compile(rf"{_ATOM}(?:\.{_ATOM})*@(?:{_LABEL}\.)+{_LABEL}")

Text = Annotated[str, Field(min_length=1)]


class Fields(BaseModel):
    """Fields that are what they say: no unknown ones, and no number where text is meant."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class Event(Fields):
    """An event as it is pushed. Its type and channel may be left out: they are the template's."""

    type: Text | None = None
    wished_channel: int | None = None
    email: str | None = None
    mobile_phone: str | None = None
    registration_token: str | None = None
    external_id: str | None = None
    origin: str | None = None
    language: str | None = None
    country: str | None = None
    email_format: Literal[0, 1, 2] = 0
    scheduled: str | None = None
    expiration: str | None = None
    idempotency_key: str | None = None
    replay_of: int | str | None = None
    traceparent: str | None = None
    ctx: dict[str, JsonValue]


class VariantFields(Fields):
    """What the ``template.yaml`` of a language may say in its own way."""

    sender: Text | None = Field(None, alias="from")
    reply_to: Text | None = None
    subject: Text | None = None
    sample: Event | None = None


class TemplateFields(VariantFields):
    """The ``template.yaml`` of a message template. The priority is a ``smallint`` of PostgreSQL."""

    event_type: Text
    channel: Literal["email", "mobile", "ios", "android"] = "email"
    active: bool = True
    priority: int = Field(0, ge=-(2**15), lt=2**15)
    condition: Text | None = None
    hands_on_trace: bool = False
    sample: Event


class EventTypes(RootModel[dict[str, str]]):
    """``event_types.yaml``: the label of each event type."""

    model_config = ConfigDict(strict=True)


Model = TypeVar("Model", bound=BaseModel)

MISSING = {
    "event_type": "Name one of event_types.yaml",
    "sample": "Give an event as it would be pushed, with its address and ctx",
    "ctx": "Give the message's data, a mapping of names to values",
}
MESSAGES = {
    "string_type": "must be text. Put it in quotes",
    "string_too_short": "is empty",
    "bool_type": "must be true or false",
    "int_type": "must be a whole number",
    "dict_type": "must be a mapping of names to values",
    "model_type": "must be a mapping of names to values",
}


def read_fields(file: Path, model: type[Model]) -> Model:
    """
    Return the fields of a YAML file.

    :raises TemplateProblemsError: listing every problem of the file.
    """
    return validated(model, read_yaml(file), file)


def validated(model: type[Model], fields: Any, file: Path) -> Model:
    """
    Return the fields as an object.

    :param file: where they come from, for the problems.
    :raises TemplateProblemsError: listing every problem.
    """
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        raise TemplateProblemsError(_problems(error, model, file)) from error


def email_is_well_formed(address: str) -> bool:
    """Whether the intake would take this e-mail address."""
    if not _ADDRESS.fullmatch(address):
        return False
    name, _, domain = address.partition("@")
    labels = domain.split(".")
    return (
        len(address.encode()) <= 254
        and len(name.encode()) <= 64
        and all(len(label.encode()) <= 63 for label in labels)
        and not re.fullmatch("[0-9]+", labels[-1])
    )


def _problems(error: ValidationError, model: type[BaseModel], file: Path) -> Iterator[TemplateProblem]:
    for each in error.errors(include_url=False):
        yield TemplateProblem(shown(file), ".".join(map(str, each["loc"])), _message(each, model))


def _message(error: ErrorDetails, model: type[BaseModel]) -> str:
    kind, name = error["type"], str(error["loc"][-1]) if error["loc"] else ""
    if kind == "missing":
        return f"is missing. {MISSING[name]}"
    if kind == "extra_forbidden":
        known = (model if len(error["loc"]) == 1 else Event).model_fields.items()
        return f"is unknown. Known: {', '.join(field.alias or name for name, field in known)}"
    if error["input"] is None:
        return "is empty"
    return MESSAGES.get(kind, error["msg"].replace("Input should be", "must be"))
