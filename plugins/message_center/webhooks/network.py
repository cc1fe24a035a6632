"""The way to a receiver: its name, its proxy, and whom to trust."""

from __future__ import annotations

import asyncio
import socket
import ssl
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

import httpcore
import httpx

IDLE_SECONDS = 30.0
Connection = httpcore.AsyncHTTPConnection | httpcore.AsyncHTTPProxy


class Names(httpcore.AsyncNetworkBackend):
    """
    Connects to names that a thread of its own has looked up.

    The loop's threads are shared by all that the triggerer does: a name server that is silent would hold them all.
    """

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "webhook-name")
        self._network = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        """Connect, once the name is known to have an address."""
        looked_up = asyncio.get_running_loop().run_in_executor(self._thread, socket.getaddrinfo, host, port)
        try:
            await asyncio.wait_for(looked_up, timeout)
        except asyncio.TimeoutError:
            raise httpcore.ConnectTimeout("its name is not answered for") from None
        except OSError as error:
            raise httpcore.ConnectError(error) from error
        return await self._network.connect_tcp(host, port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """Wait between two tries to connect."""
        await asyncio.sleep(seconds)

    def close(self) -> None:
        """Look up nothing more."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def connection_to(url: httpcore.URL, names: Names) -> Connection:
    """Return a connection, not made yet: by the proxy that the environment names for it, or its own."""
    if proxy := proxy_for(url):
        parts = urlsplit(proxy)
        if parts.scheme not in ("http", "https"):
            raise httpcore.UnsupportedProtocol(f"the proxy is one of {parts.scheme}, and not of http")
        login = (unquote(parts.username), unquote(parts.password or "")) if parts.username else None
        return httpcore.AsyncHTTPProxy(
            proxy,
            login,
            ssl_context=trust(),
            proxy_ssl_context=trust() if parts.scheme == "https" else None,
            max_connections=1,
            keepalive_expiry=IDLE_SECONDS,
            network_backend=names,
        )
    return httpcore.AsyncHTTPConnection(
        url.origin, ssl_context=trust(), keepalive_expiry=IDLE_SECONDS, network_backend=names
    )


def proxy_for(url: httpcore.URL) -> str | None:
    """Return the proxy in ``HTTPS_PROXY``, ``HTTP_PROXY`` or ``ALL_PROXY``, unless ``NO_PROXY`` has the host."""
    proxies = getproxies_environment()
    proxy = proxies.get(url.scheme.decode()) or proxies.get("all")
    if not proxy or proxy_bypass_environment(url.host.decode(), proxies):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


@cache
def trust() -> ssl.SSLContext:
    """Return whose certificates are taken."""
    return httpx.create_ssl_context()
