"""
E-mail messages, built fast.

Half of what an engine spends on a message would go into the standard library's parsing and folding of
headers that need neither, and into quoted-printable written in Python. Short plain headers are stored as they
are; all others go the standard way.
"""

from __future__ import annotations

import re
from base64 import b64encode
from binascii import b2a_qp
from email.message import EmailMessage
from email.policy import EmailPolicy
from typing import Any, cast

MAX_PLAIN_HEADER = 76
# Quoted-printable text cannot hold "=_", so it never occurs in a part.
BOUNDARY = "=_alternative"


LINE_BREAK = re.compile(r"\r\n|\r|\n")  # str.splitlines has nine more
# Half of a surrogate pair is no character either.
CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f-\x9f\ud800-\udfff]")
ENCODED_WORD_BYTES = 42  # of UTF-8: its base64 and the rest of the word stay below the 75 characters of RFC 2047


def encoded_words(text: str) -> str:
    """
    Return a text as encoded words, a character never cut in two.

    The standard library's way takes other characters than CR and LF for line breaks too.
    """
    words, word = [], b""
    for character in text:
        encoded = character.encode()
        if len(word) + len(encoded) > ENCODED_WORD_BYTES:
            words.append(word)
            word = b""
        word += encoded
    return "\n ".join(f"=?utf-8?b?{b64encode(part).decode('ascii')}?=" for part in [*words, word])


class PlainHeaderPolicy(EmailPolicy):
    """
    Keep short ASCII headers unparsed; refuse every control character but the tab, not only line breaks.

    The standard way decodes encoded words that come with the value: ``=?utf-8?q?=0D=0ABcc:...?=`` in the data
    would become a header of its own. So a subject is encoded whole, and no other header may hold one.
    """

    def header_store_parse(self, name: str, value: Any) -> tuple[str, Any]:
        if not isinstance(value, str) or CONTROL.search(value):
            raise ValueError(f"{name} holds a line break or another control character")
        value = value.replace("\t", " ")
        encoded_word = "=?" in value
        if value.isascii() and len(name) + len(value) < MAX_PLAIN_HEADER and not encoded_word:
            return name, value
        if name == "Subject":
            return name, encoded_words(value)
        if encoded_word:
            raise ValueError(f"{name} holds an encoded word")
        if name == "To":
            # An international address, which no encoded word may hold: only a server with SMTPUTF8 gets it.
            return name, value
        return super().header_store_parse(name, value)

    def header_max_count(self, name: str) -> int | None:
        """No header of ours comes twice; finding that out the standard way costs a class per header."""
        return 1


POLICY = PlainHeaderPolicy()


def text_part(subtype: str, body: str, message: EmailMessage | None = None) -> EmailMessage:
    """Return a text part, or make ``message`` that part. Quoted-printable passes every server."""
    part = EmailMessage(policy=POLICY) if message is None else message
    part["Content-Type"] = f'text/{subtype}; charset="utf-8"'
    part["Content-Transfer-Encoding"] = "quoted-printable"
    # One kind of line break first: b2a_qp would take its own from the first line.
    text = LINE_BREAK.sub("\n", body)
    part.set_payload(b2a_qp((text if text.endswith("\n") else f"{text}\n").encode()).decode("ascii"))
    return part


def fill(message: EmailMessage, text: str, html: str | None) -> None:
    """Give the message its text, and the HTML as the preferred alternative."""
    message["MIME-Version"] = "1.0"
    if html is None:
        text_part("plain", text, message)
        return
    message["Content-Type"] = f'multipart/alternative; boundary="{BOUNDARY}"'
    message.attach(text_part("plain", text))
    message.attach(text_part("html", html))


def wire(message: EmailMessage) -> bytes:
    """Return a filled message as it goes over the wire, without the parsing that ``as_bytes`` does."""
    return _entity(message).encode("utf-8", "surrogateescape").replace(b"\n", b"\r\n")


def _entity(part: EmailMessage) -> str:
    head = "".join(
        f"{name}: {value}\n" if name == "To" and not value.isascii() else POLICY.fold(name, value)
        for name, value in part.raw_items()
    )
    payload = cast("str | list[EmailMessage]", part.get_payload())
    if isinstance(payload, str):
        return f"{head}\n{payload}"
    parts = "".join(f"--{BOUNDARY}\n{_entity(alternative)}\n" for alternative in payload)
    return f"{head}\n{parts}--{BOUNDARY}--\n"
