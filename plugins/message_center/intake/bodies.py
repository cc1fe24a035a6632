"""What comes in a request's body: no more of it than is allowed, and JSON that the instance can be given as it is."""

from __future__ import annotations

import json
from typing import Any, NoReturn

import msgspec
from starlette.requests import Request
from typing_extensions import TypedDict

from message_center import ctx
from message_center.intake.arrays import elements_of
from message_center.intake.problems import ProblemError, TooDeepError, too_large

MAX_KEY_BYTES = 200
EVENTS = "Send an event, or an array of events; or lines of them, with the Content-Type application/x-ndjson."
MAX_CUT_CHARACTERS = 1024 * 1024
"""Of an array in which an event is too deep: to cut a larger one takes seconds, in which others wait."""
_MISSING = object()


class Head(TypedDict, total=False):
    """The fields of an event at which doors look. The others are passed over, in an eighth of the time."""

    type: str | None
    idempotency_key: str | None
    traceparent: str | None


_HEADS = msgspec.json.Decoder(Head | list[Head])
_FIELDS = msgspec.json.Decoder(dict[str, msgspec.Raw])


async def read_body(request: Request, max_bytes: int) -> bytes:
    """
    Return a request's body.

    :raises ProblemError: if it is packed, or larger than it may be; no more of it is read then.
    """
    check_encoding(request)
    declared = request.headers.get("content-length", "0")
    if declared.isdecimal() and int(declared) > max_bytes:
        raise too_large(max_bytes)
    body = bytearray()
    while True:
        message = await request.receive()
        if message["type"] == "http.disconnect":
            # Nobody reads this; in the log it is no fault of ours.
            raise ProblemError(400, "The body broke off", remedy="Send the same again.")
        chunk: bytes = message.get("body", b"")
        if len(body) + len(chunk) > max_bytes:
            raise too_large(max_bytes)
        if not message.get("more_body", False):
            return bytes(body + chunk) if body else chunk
        body += chunk


def check_encoding(request: Request) -> None:
    """
    See that a body comes as it is.

    :raises ProblemError: if it is packed.
    """
    encoding = request.headers.get("content-encoding")
    if encoding and encoding.strip().lower() != "identity":
        raise ProblemError(
            415, "The body is packed", "It has a Content-Encoding.", "Send it as it is, without a Content-Encoding."
        )


def read_text(body: bytes) -> str:
    """
    Return a body as text, without the mark that some programs write before it.

    :raises ProblemError: if it is not UTF-8.
    """
    try:
        return body.decode().removeprefix("\ufeff")
    except UnicodeDecodeError:
        raise ProblemError(400, "The body is not UTF-8", remedy="Send JSON in UTF-8.") from None


def read_heads(text: str) -> Any:
    """
    Return the head of the event of a text, or those of an array. What is no event comes as :func:`read_json` has it,
    and of an array what is nested too deeply as the error that it is: it harms none beside it.

    :raises ProblemError: if it is no JSON.
    """
    try:
        return _head(text)
    except TooDeepError as error:
        if len(text) > MAX_CUT_CHARACTERS or not text.lstrip().startswith("["):
            raise
        try:
            elements = elements_of(text)
        except ValueError:
            raise error from None
    return [_head_or_error(element) for element in elements]


def _head(text: str) -> Any:
    try:
        return _HEADS.decode(text)
    except (msgspec.DecodeError, RecursionError):
        # Halves of characters, a field that is no text, what is no object: seldom, and with more patience.
        return read_json(text)


def _head_or_error(text: str) -> Any:
    try:
        return _head(text)
    except TooDeepError as error:
        return error


def read_json(text: str, remedy: str = EVENTS) -> Any:
    """
    Return JSON, its numbers as their text: it is looked at, and passed on as it came.

    :raises ProblemError: if it is none. What Python alone takes for a number is none.
    """
    try:
        return _READER.decode(text)
    except RecursionError:
        raise TooDeepError from None
    except ValueError as error:
        raise ProblemError(400, "The body is not JSON", _told(error), remedy) from None


def fields_of(text: str, remedy: str) -> dict[str, str] | None:
    """
    Return the fields of an object, each as it was written; ``None`` if it is none.

    :raises ProblemError: if it is no JSON.
    """
    try:
        return {name: bytes(value).decode() for name, value in _FIELDS.decode(text).items()}
    except (msgspec.DecodeError, RecursionError):
        read_json(text, remedy)
        found = ctx.read_json(text)
        return {name: ctx.write_json(value) for name, value in found.items()} if isinstance(found, dict) else None


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)


# Made once: json.loads makes one for each text.
_READER = json.JSONDecoder(parse_int=str, parse_float=str, parse_constant=_refuse)


def _told(error: ValueError) -> str:
    # Where it is wrong, and nothing of what stands there.
    if isinstance(error, json.JSONDecodeError):
        return f"Line {error.lineno}, column {error.colno}."
    return "It has a number that JSON has not."


def with_fields(text: str, event: dict[str, Any], fields: dict[str, Any]) -> str:
    """Return the text of an event with fields that it does not have; the rest of it stays as it is."""
    added = [
        f"{json.dumps(name)}: {json.dumps(value)}"
        for name, value in fields.items()
        if value is not None and event.get(name, _MISSING) in (_MISSING, None)
    ]
    if not added:
        return text
    within = text.strip()[1:-1].strip()
    return f"{{{', '.join([within, *added] if within else added)}}}"


def idempotency_key(request: Request) -> str | None:
    """
    Return the header Idempotency-Key, with or without the quotes that its draft has.

    :raises ProblemError: if it is too long to be kept, or has in it what a header should not.
    """
    header = request.headers.get("idempotency-key")
    if header is None:
        return None
    key = header.removeprefix('"').removesuffix('"')
    if not key or not key.isascii() or not key.isprintable() or len(key) > MAX_KEY_BYTES:
        raise ProblemError(
            400,
            "The Idempotency-Key cannot be kept",
            f"It is empty, longer than {MAX_KEY_BYTES} characters, or not printable ASCII.",
            "Send a key that is, such as a UUID.",
        )
    return key
