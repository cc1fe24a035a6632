"""A stream of any length takes no more memory than a short one."""

from __future__ import annotations

import json
import socket
from threading import Thread
from typing import Any

import psutil
import psycopg

from support.door_process import door_process
from support.doors import add_caller, door_login
from support.events import event

Connection = psycopg.Connection[Any]
LINE = json.dumps(event(ctx={"text": "x" * 50_000})).encode() + b"\n"
LINES = 800
HEAD = (
    "POST /v1/batch/events HTTP/1.1\r\nHost: door\r\nAuthorization: Bearer {}\r\n"
    "Content-Type: application/x-ndjson\r\nContent-Length: {}\r\n\r\n"
)


def test_forty_megabytes_take_no_more_memory_than_one(execution: Connection) -> None:
    secret = add_caller(execution)
    with door_login(execution) as uri, door_process({"mcTest": uri}) as door:
        process = psutil.Process(door.process.pid)
        stream(door.port, secret, 20)
        before = process.memory_info().rss
        peaks: list[int] = []
        assert stream(door.port, secret, LINES, lambda: peaks.append(process.memory_info().rss)) == LINES
    assert max(peaks) - before < len(LINE) * LINES / 2
    assert execution.execute("select count(*) from message_center.event").fetchone() == (LINES + 20,)


def stream(port: int, secret: str, lines: int, look: Any = lambda: None) -> int:
    """Send so many lines, look now and then, and return how many were accepted."""
    answer = bytearray()

    def read(connection: socket.socket) -> None:
        while not answer.endswith(b"0\r\n\r\n") and (received := connection.recv(65536)):
            answer.extend(received)

    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        reader = Thread(target=read, args=[connection])
        reader.start()
        connection.sendall(HEAD.format(secret, len(LINE) * lines).encode())
        for number in range(lines):
            connection.sendall(LINE)
            if number % 20 == 0:
                look()
        reader.join(60)
    return answer.count(b'"id"')
