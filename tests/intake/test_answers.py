"""Answers go out in one piece, and nothing is held back for it."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from starlette.types import Message, Receive, Scope, Send

from message_center.intake.joining import JoiningProtocol
from support.served import served

REQUEST = b"GET / HTTP/1.1\r\nHost: door\r\n\r\n"
HEAD = {"type": "http.response.start", "status": 200}


async def application(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer in one body; or, to a POST, in parts, and say so after each."""
    if scope["type"] != "http":
        return
    if scope["method"] == "GET":
        await send({**HEAD, "headers": [(b"content-length", b"5")]})
        await send({"type": "http.response.body", "body": b"whole"})
        return
    await send({**HEAD, "headers": []})
    for _ in range(3):
        message: Message = await receive()
        await send({"type": "http.response.body", "body": message["body"], "more_body": message["more_body"]})


@pytest.fixture
def caller() -> Iterator[socket.socket]:
    with served(application, http=JoiningProtocol, lifespan="off") as url:
        port = urlsplit(url).port
        with socket.create_connection(("127.0.0.1", port or 0), timeout=30) as connection:
            yield connection


@pytest.mark.skipif(not hasattr(socket, "TCP_INFO"), reason="counted by Linux")
def test_head_and_body_are_one_piece(caller: socket.socket) -> None:
    for _ in range(20):
        caller.sendall(REQUEST)
        received = b""
        while not received.endswith(b"\r\n\r\nwhole"):
            received += caller.recv(65536)
    assert segments_with_data(caller) == 20


def segments_with_data(connection: socket.socket) -> int:
    """Return how many have come in: tcpi_data_segs_in of Linux' tcp_info."""
    (count,) = struct.unpack_from("I", connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 256), 152)
    return int(count)


def test_calls_that_come_together_are_answered_in_their_order(caller: socket.socket) -> None:
    caller.sendall(REQUEST * 20)
    received = b""
    while received.count(b"whole") < 20:
        received += caller.recv(65536)
    assert received.count(b"HTTP/1.1 200 OK") == 20


def test_a_part_does_not_wait_for_the_next_one(caller: socket.socket) -> None:
    caller.sendall(b"POST / HTTP/1.1\r\nHost: door\r\nContent-Length: 9\r\n\r\n")
    received = b""
    for part in (b"one", b"two", b"six"):
        caller.sendall(part)
        while part not in received:
            received += caller.recv(65536)
    while not received.endswith(b"0\r\n\r\n"):
        received += caller.recv(65536)


def test_what_is_held_goes_out_before_the_connection_ends(caller: socket.socket) -> None:
    caller.sendall(REQUEST.replace(b"Host", b"Connection: close\r\nHost"))
    received = b""
    while more := caller.recv(65536):
        received += more
    assert received.endswith(b"whole")
