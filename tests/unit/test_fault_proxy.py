"""The network of the harness: passes, delays, and is cut like a real one."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from faults.proxy import Proxy
from support.ports import free_port


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy before a server that says everything back."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=echo, args=[server], daemon=True).start()
        with Proxy(free_port(), server.getsockname()[1]) as running:
            yield running


def echo(server: socket.socket) -> None:
    while True:
        try:
            connection, _ = server.accept()
        except OSError:
            return
        threading.Thread(target=say_back, args=[connection], daemon=True).start()


def say_back(connection: socket.socket) -> None:
    with connection:
        while data := connection.recv(65536):
            connection.sendall(data)


def connect(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=0.5)


def exchange(connection: socket.socket, said: bytes = b"hello") -> bytes:
    connection.sendall(said)
    return connection.recv(len(said))


def test_passes(proxy: Proxy) -> None:
    with connect(proxy) as connection:
        assert exchange(connection) == b"hello"


def test_delays_each_way_and_loses_no_order(proxy: Proxy) -> None:
    proxy.delay = 0.1
    with connect(proxy) as connection:
        start = time.monotonic()
        assert exchange(connection, b"first") == b"first"
        assert time.monotonic() - start >= 0.2
        for said in (b"1", b"2", b"3"):
            connection.sendall(said)
        time.sleep(0.3)
        assert connection.recv(3) == b"123"


def test_cut_is_silence_and_after_it_only_new_connections_work(proxy: Proxy) -> None:
    with connect(proxy) as old:
        assert exchange(old) == b"hello"
        proxy.cut()
        with pytest.raises(socket.timeout):
            exchange(old)
        with connect(proxy) as during, pytest.raises(socket.timeout):
            exchange(during)
        proxy.mend()
        with contextlib.suppress(ConnectionResetError):
            assert old.recv(5) == b""
        with connect(proxy) as new:
            assert exchange(new) == b"hello"
