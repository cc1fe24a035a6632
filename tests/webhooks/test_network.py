"""The way to a receiver: certificates that are not what they should be, and proxies that the environment names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from message_center.accounts.webhook import Webhook
from message_center.webhooks.answers import Answer
from message_center.webhooks.network import Names, trust
from message_center.webhooks.posting import Line
from support.proxies import Proxy, certificate, proxying
from support.raw_receivers import Raw, listening
from support.webhooks import SECRET


async def posted(port: int, scheme: str = "https") -> Answer:
    url = f"{scheme}://127.0.0.1:{port}/status?token=hush"
    names = Names()
    line = Line(Webhook.from_connection("erp", url, SECRET, {}, http_is_allowed=True), names)
    try:
        return await line.post("msg_1", b"{}")
    finally:
        await line.close()
        names.close()


@pytest.fixture(autouse=True)
def own_environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    trust.cache_clear()
    yield
    trust.cache_clear()


async def test_a_certificate_is_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good, old, other = (certificate(tmp_path, *given) for given in ((), (-1,), (1, "127.0.0.2")))
    every = tmp_path / "all.pem"
    every.write_text("".join(file.read_text() for file, _ in (good, old, other)))
    async with listening(Raw(), context=good[1]) as raw:
        assert "self-signed certificate" in str((await posted(raw.port)).error), (
            "nobody has said that it is to be trusted"
        )
    trust.cache_clear()
    monkeypatch.setenv("SSL_CERT_FILE", str(every))
    for (_, context), told in ((good, "None"), (old, "certificate has expired"), (other, "IP address mismatch")):
        async with listening(Raw(), context=context) as raw:
            assert told in str((await posted(raw.port)).error)
            assert len(raw.heads) == (told == "None")


@pytest.mark.parametrize(
    ("scheme", "asked"), [("https", "CONNECT 127.0.0.1:{} "), ("http", "POST http://127.0.0.1:{}/")]
)
async def test_a_proxy_is_taken_where_the_environment_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scheme: str, asked: str
) -> None:
    file, context = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    async with (
        proxying(Proxy("ann:p@ss")) as proxy,
        listening(Raw(), context=context if scheme == "https" else None) as raw,
    ):
        monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"http://ann:p%40ss@127.0.0.1:{proxy.port}")
        assert await posted(raw.port, scheme) == Answer()
        assert [line.startswith(asked.format(raw.port)) for line in proxy.asked] == [True]
        assert "hush" not in proxy.asked[0] or scheme == "http", "a tunnel says whereto, and no more"
        assert "webhook-signature" in raw.heads[0]
        assert "proxy-authorization" not in raw.heads[0].lower() or scheme == "http"

        monkeypatch.setenv(f"{scheme.upper()}_PROXY", f"127.0.0.1:{proxy.port}")
        refused = "ProxyError: the proxy answers 407" if scheme == "https" else "refused: HTTP 407"
        assert await posted(raw.port, scheme) == Answer(refused)
        assert len(raw.heads) == 1

        monkeypatch.setenv("NO_PROXY", "elsewhere.example, 127.0.0.1")
        assert await posted(raw.port, scheme) == Answer()
        assert (len(raw.heads), len(proxy.asked)) == (2, 2), "past the proxy"


async def test_a_proxy_that_is_not_there_or_none_of_http_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    assert await posted(2) == Answer("ConnectError: All connection attempts failed")
    monkeypatch.setenv("ALL_PROXY", "socks5://ann:hush@127.0.0.1:1")
    error = str((await posted(2)).error)
    assert "socks5" in error
    assert "hush" not in error
