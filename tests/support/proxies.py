"""A small proxy for HTTP, and a receiver's certificate, both real."""

from __future__ import annotations

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

REFUSED = b"HTTP/1.1 407 hush\r\ncontent-length: 0\r\n\r\n"


@dataclass
class Proxy:
    """
    A proxy that tunnels, and forwards.

    :param login: what it wants of clients, ``user:password``; empty: nothing.
    :param asked: the first lines of what it was asked for.
    """

    login: str = ""
    port: int = 0
    asked: list[str] = field(default_factory=list)

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode()
            self.asked.append(head.partition("\r\n")[0])
            method, target, _ = self.asked[-1].split()
            wanted = f"basic {base64.b64encode(self.login.encode()).decode()}".lower()
            if self.login and f"proxy-authorization: {wanted}" not in head.lower():
                writer.write(REFUSED)
                await writer.drain()
            else:
                await self._pass_on(
                    method, urlsplit(f"//{target}" if method == "CONNECT" else target).netloc, head, reader, writer
                )
        writer.close()

    async def _pass_on(
        self, method: str, to: str, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        host, _, port = to.rpartition(":")
        its_reader, its_writer = await asyncio.open_connection(host, int(port))
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            its_writer.write(head.encode())
        await asyncio.gather(_copy(reader, its_writer), _copy(its_reader, writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
    writer.close()


@asynccontextmanager
async def proxying(proxy: Proxy) -> AsyncIterator[Proxy]:
    """Let a proxy listen, until the end of the block."""
    server = await asyncio.start_server(proxy, "127.0.0.1", 0)
    proxy.port = server.sockets[0].getsockname()[1]
    try:
        yield proxy
    finally:
        server.close()


def certificate(folder: Path, days: int = 1, name: str = "127.0.0.1") -> tuple[Path, ssl.SSLContext]:
    """Return a certificate that nobody has signed but itself, and what a server is made with."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{name} {days}")])
    end = datetime.now(timezone.utc) + timedelta(days=days)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(end - timedelta(days=9))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address(name))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = folder / f"{name}.{days}.pem"
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    return file, context
