"""Proofs are what the recipient would get, sent to somebody else, in a real SMTP conversation."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from message_center.delivery.email.smtp import MailHook
from message_center.rendering.errors import RenderingError
from message_center.rendering.mime import wire
from message_center.templates.cli import app
from message_center.templates.model import MessageTemplate
from message_center.templates.proof import ProofError, proofs, send_proofs
from support.ports import free_port
from support.smtp import Sink, smtp_server
from unit.authoring import push_folder, read, template_folder

SEED = "seed@shop.example"
FRENCH = {"welcome/fr/template.yaml": 'subject: "Commande {{ ctx.number }} confirmée"\n'}
# As to_jsonb has a row of the event table.
EVENT: dict[str, Any] = {
    "id": 72057594037935966,
    "queue": "batch",
    "status": "Sent",
    "type": "order",
    "wished_channel": 0,
    "email": "zoe@customer.example",
    "mobile_phone": None,
    "language": "fr",
    "email_format": 0,
    "ctx": {"number": "7", "name": "Zoé & <b>Co</b>"},
    "created_at": "2026-11-23T10:00:00.12+00:00",
    "template_id": 3,
}


@pytest.fixture
def template(tmp_path: Path) -> MessageTemplate:
    more = {"welcome/body.txt": "Hello {{ ctx.name }}, {{ event.email }}, {{ event.created_at.year }}\n"}
    return read(template_folder(tmp_path, FRENCH | more)).templates["welcome"]


@pytest.fixture
def sink(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sink]:
    with smtp_server() as server:
        monkeypatch.setenv("AIRFLOW_CONN_TEST_SMTP", server.connection)
        yield server


def received(message: EmailMessage | bytes) -> Any:
    source = message if isinstance(message, bytes) else wire(message)
    return email.message_from_bytes(source, policy=email.policy.default)


def body(message: EmailMessage, kind: str = "plain") -> str:
    return str(received(message).get_body((kind,)).get_content()).replace("\r\n", "\n")


class TestMessage:
    def test_one_for_each_language_with_its_sample(self, template: MessageTemplate) -> None:
        english, french = proofs(template, [], None, SEED)
        assert received(english)["Subject"] == "[Proof] Order 1242"
        assert received(french)["Subject"] == "[Proof] Commande 1242 confirmée"
        assert body(english, "html") == "<p>Hello Ann</p>\n"

    def test_only_the_languages_wanted(self, template: MessageTemplate) -> None:
        (message,) = proofs(template, ["fr"], None, SEED)
        assert "confirmée" in received(message)["Subject"]
        (message,) = proofs(template, [""], None, SEED)
        assert received(message)["Subject"] == "[Proof] Order 1242"

    def test_an_event_s_data_goes_to_the_seed_address_alone(self, template: MessageTemplate) -> None:
        (message,) = proofs(template, ["fr"], EVENT, SEED)
        assert received(message)["Subject"] == "[Proof] Commande 7 confirmée"
        assert received(message).get_all("To") == [SEED]
        assert received(message)["From"] == "Shop <orders@shop.example>"
        assert body(message) == "Hello Zoé & <b>Co</b>, zoe@customer.example, 2026\n"
        assert body(message, "html") == "<p>Hello Zoé &amp; &lt;b&gt;Co&lt;/b&gt;</p>\n"

    def test_its_message_id_is_no_event_s_and_never_the_same(self, template: MessageTemplate) -> None:
        ids = [
            message["Message-ID"] for message in proofs(template, [], EVENT, SEED) + proofs(template, [], EVENT, SEED)
        ]
        assert len(set(ids)) == 4
        assert not any(str(EVENT["id"]) in each for each in ids)
        assert all(each.startswith("<proof.") and each.endswith("@shop.example>") for each in ids)

    def test_of_another_channel_it_is_an_email_with_the_body(self, tmp_path: Path) -> None:
        folder = push_folder(tmp_path, {"welcome/body.json": '{"title": {{ ctx.name | tojson }}}'})
        template = read(folder).templates["welcome"]
        (message,) = proofs(template, [], None, SEED)
        assert (received(message)["Subject"], received(message)["From"]) == ("[Proof] welcome", SEED)
        assert received(message).get_content_type() == "text/plain"
        assert body(message) == '{"title": "Ann"}\n'
        (message,) = proofs(template, [], {"registration_token": "t", "ctx": {"name": 'Zoé "Z"'}}, SEED)
        assert body(message) == '{"title": "Zo\\u00e9 \\"Z\\""}\n'

    def test_an_event_without_the_channel_s_address(self, template: MessageTemplate) -> None:
        with pytest.raises(RenderingError, match="welcome: the event has no email, so it could not get this template"):
            proofs(template, [], {**EVENT, "email": None}, SEED)

    def test_an_event_that_does_not_render(self, template: MessageTemplate) -> None:
        with pytest.raises(RenderingError, match="text_body, line 1: 'dict object' has no attribute 'name'"):
            proofs(template, [""], {**EVENT, "ctx": {"number": "7"}}, SEED)

    def test_an_unknown_language(self, template: MessageTemplate) -> None:
        with pytest.raises(ProofError, match=r"Template welcome is not in de\. It has '' \(the default\), fr\."):
            proofs(template, ["de"], None, SEED)

    @pytest.mark.parametrize("to", ["seed", "seed@shop.example\nBcc: all@shop.example", "a@b.example, c@d.example"])
    def test_a_seed_address_is_one_address(self, template: MessageTemplate, to: str) -> None:
        with pytest.raises(ProofError, match="is not an e-mail address"):
            proofs(template, [], None, to)


class TestSending:
    def test_they_arrive_at_the_seed_address(self, template: MessageTemplate, sink: Sink) -> None:
        messages = proofs(template, [], EVENT, SEED)
        send_proofs(MailHook("test_smtp").load(), messages)
        assert sink.received == [("orders@shop.example", SEED)] * 2
        assert sink.message_ids == [message["Message-ID"] for message in messages]
        assert [received(source)["Subject"] for source in sink.sources] == [
            "[Proof] Order 7",
            "[Proof] Commande 7 confirmée",
        ]

    def test_a_refused_one_is_told_and_the_others_are_sent(self, tmp_path: Path, sink: Sink) -> None:
        files = {"welcome/fr/body.txt": "content-refused", "welcome/fr/body.html": "<p>Bonjour</p>"}
        template = read(template_folder(tmp_path, FRENCH | files)).templates["welcome"]
        with pytest.raises(ProofError) as caught:
            send_proofs(MailHook("test_smtp").load(), proofs(template, [], None, SEED))
        assert str(caught.value) == (
            "SMTP connection test_smtp: 1 of 2 proofs refused:\n"
            "  [Proof] Commande 1242 confirmée: 554 5.6.0 content refused"
        )
        assert len(sink.received) == 1

    @pytest.mark.parametrize(
        ("to", "reply"), [("unknown@shop.example", "550 5.1.1"), ("busy@shop.example", "451 4.3.0 try again later")]
    )
    def test_a_refused_address(self, template: MessageTemplate, sink: Sink, to: str, reply: str) -> None:
        with pytest.raises(ProofError, match=f"SMTP connection test_smtp: 1 of 1 proofs refused:\n.*: {reply}"):
            send_proofs(MailHook("test_smtp").load(), proofs(template, ["fr"], None, to))

    def test_a_refused_sender(self, template: MessageTemplate, sink: Sink) -> None:
        sink.refuse_sender = "550 5.7.1 sender not allowed"
        with pytest.raises(ProofError, match=r"SMTP connection test_smtp: MAIL FROM: the server replied 550 5\.7\.1\."):
            send_proofs(MailHook("test_smtp").load(), proofs(template, [], None, SEED))

    def test_a_server_that_is_not_there(self, template: MessageTemplate, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AIRFLOW_CONN_TEST_SMTP", Sink(port=free_port()).connection)
        with pytest.raises(ProofError, match="SMTP connection test_smtp: SMTPConnectError"):
            send_proofs(MailHook("test_smtp").load(), proofs(template, [], None, SEED))


class TestCommand:
    @pytest.fixture
    def folder(self, tmp_path: Path) -> Path:
        return template_folder(tmp_path, FRENCH)

    @staticmethod
    def uri(sink: Sink) -> str:
        return f"smtp://127.0.0.1:{sink.port}?disable_ssl=true&disable_tls=true"

    def run(self, folder: Path, *arguments: str, smtp: str | None = None) -> Any:
        command = ["proof", "welcome", "--to", SEED, "--folder", str(folder), *arguments]
        return CliRunner().invoke(app, command, env={"MESSAGE_CENTER_PROOF_SMTP": smtp})

    def test_it_sends_each_language(self, folder: Path, sink: Sink) -> None:
        result = self.run(folder, "--smtp", self.uri(sink))
        assert result.exit_code == 0
        assert result.stdout.endswith(f"Sent to {SEED}:\n· [Proof] Order 1242\n· [Proof] Commande 1242 confirmée\n")
        assert sink.received == [("orders@shop.example", SEED)] * 2

    def test_the_connection_may_come_from_the_environment(self, folder: Path, sink: Sink) -> None:
        assert self.run(folder, "--language", "fr", smtp=self.uri(sink)).exit_code == 0
        assert len(sink.received) == 1

    def test_a_refusal_names_the_server(self, folder: Path, sink: Sink) -> None:
        sink.refuse_sender = "550 5.7.1 sender not allowed"
        result = self.run(folder, smtp=self.uri(sink))
        assert result.exit_code == 1
        assert f"SMTP connection 127.0.0.1:{sink.port}: MAIL FROM: the server replied 550 5.7.1" in result.stderr

    def test_without_a_connection(self, folder: Path) -> None:
        result = self.run(folder)
        assert (result.exit_code, result.stderr) == (
            1,
            "Say where to send it: --smtp smtp://host:port, or the variable MESSAGE_CENTER_PROOF_SMTP.\n",
        )

    @pytest.mark.parametrize(
        "uri", ["http://host:25", "smtp://", "smtp://ann:s3cret-word@host:99999999", "a://b://c://s3cret-word"]
    )
    def test_a_connection_that_is_none_is_not_repeated(self, folder: Path, uri: str) -> None:
        result = self.run(folder, "--smtp", uri)
        assert (result.exit_code, result.stderr) == (
            1,
            "--smtp is no SMTP connection. Write it as smtp://user:password@host:port.\n",
        )
