"""A folder of templates becomes objects, each language whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from message_center.templates.files import TEMPLATE_FOLDER, event_type_names, read_templates, template_names
from unit.authoring import EVENT_TYPES, PUSH_SETTINGS, SETTINGS, problems, push_folder, read, template_folder, write

SAMPLE_EVENTS = TEMPLATE_FOLDER.parent / "samples" / "events.jsonl"
FRENCH = {"welcome/fr/template.yaml": 'subject: "Commande {{ ctx.number }}"\n'}


def shape(value: object) -> object:
    """The names in a value, without its data."""
    if isinstance(value, dict):
        return {name: shape(each) for name, each in value.items()}
    return shape(value[0]) if isinstance(value, list) else type(value).__name__


class TestOurOwn:
    def test_they_have_no_problem(self) -> None:
        found = read_templates()
        assert {name: list(template.languages) for name, template in found.templates.items()} == {
            "invoice_ready": [""],
            "order_confirmation": ["", "fr"],
            "password_reset": [""],
            "shipping_notice": [""],
        }
        assert found.event_types.keys() == found.templates.keys()
        assert all(template.active for template in found.templates.values())

    def test_their_samples_are_like_the_sample_events(self) -> None:
        with SAMPLE_EVENTS.open(encoding="utf-8") as lines:
            rows = [json.loads(line) for line in lines]
        events = {row["event"]["type"]: row["event"] for row in rows if row["expected"] == "Sent"}
        for template in read_templates().templates.values():
            for variant in template.languages.values():
                assert shape(variant.sample["ctx"]) == shape(events[template.event_type]["ctx"])
                assert variant.sample.keys() - {"wished_channel"} == events[template.event_type].keys()


class TestTemplate:
    def test_what_is_not_said_has_its_default(self, tmp_path: Path) -> None:
        template = read(template_folder(tmp_path)).templates["welcome"]
        assert (template.internal_name, template.event_type, template.wished_channel) == ("welcome", "order", 0)
        assert (template.priority, template.condition, template.active) == (0, None, True)
        assert template.languages[""].reply_to is None
        assert template.sample == {
            "type": "order",
            "wished_channel": 0,
            "email": "ann@shop.example",
            "email_format": 0,
            "ctx": {"number": "1242", "name": "Ann"},
        }

    def test_what_is_said(self, tmp_path: Path) -> None:
        more = "priority: 5\nactive: false\nreply_to: help@shop.example\ncondition: $.ctx.total > 100\n"
        more += "hands_on_trace: true\n"
        template = read(template_folder(tmp_path, {"welcome/template.yaml": SETTINGS + more})).templates["welcome"]
        assert (template.priority, template.condition, template.active) == (5, "$.ctx.total > 100", False)
        assert template.languages[""].reply_to == "help@shop.example"
        assert template.hands_on_trace

    @pytest.mark.parametrize(
        ("channel", "code", "address"),
        [("mobile", 1, "mobile_phone"), ("ios", 41, "registration_token"), ("android", 42, "registration_token")],
    )
    def test_channels(self, tmp_path: Path, channel: str, code: int, address: str) -> None:
        settings = PUSH_SETTINGS.replace("ios", channel).replace("registration_token", address)
        folder = push_folder(tmp_path, {"welcome/template.yaml": settings, "welcome/body.txt": "Hi {{ ctx.name }}"})
        template = read(folder).templates["welcome"]
        assert template.wished_channel == code
        assert template.languages[""].text_body == "Hi {{ ctx.name }}"
        assert not template.languages[""].is_json

    def test_a_body_may_be_json(self, tmp_path: Path) -> None:
        folder = push_folder(tmp_path, {"welcome/body.json": '{"title": {{ ctx.name | tojson }}}'})
        variant = read(folder).templates["welcome"].languages[""]
        assert variant.is_json
        assert variant.text_body == '{"title": {{ ctx.name | tojson }}}'

    def test_a_date_in_a_sample_is_text_as_in_json(self, tmp_path: Path) -> None:
        settings = SETTINGS.replace('number: "1242"', 'number: "1242", date: 2026-11-23')
        template = read(template_folder(tmp_path, {"welcome/template.yaml": settings})).templates["welcome"]
        assert template.sample["ctx"]["date"] == "2026-11-23"

    def test_how_an_editor_saved_it_does_not_matter(self, tmp_path: Path) -> None:
        folder = template_folder(tmp_path)
        expected = read(folder).content("welcome")
        for name in ("body.txt", "template.yaml"):
            text = (folder / "welcome" / name).read_text(encoding="utf-8")
            (folder / "welcome" / name).write_bytes(text.replace("\n", "\r\n").encode("utf-8-sig"))
        assert read(folder).content("welcome") == expected


class TestLanguage:
    def test_it_has_what_it_does_not_repeat_from_the_default_one(self, tmp_path: Path) -> None:
        template = read(template_folder(tmp_path, FRENCH)).templates["welcome"]
        default, french = template.languages[""], template.languages["fr"]
        assert french.subject == "Commande {{ ctx.number }}"
        assert (french.sender, french.text_body, french.html_body) == (
            default.sender,
            default.text_body,
            default.html_body,
        )
        assert french.sample == {**default.sample, "language": "fr"}
        assert french.files["subject"].parent.name == "fr"
        assert french.files["text_body"].parent.name == "welcome"

    def test_it_may_have_all_of_its_own(self, tmp_path: Path) -> None:
        french = """\
        from: Boutique <commandes@shop.example>
        reply_to: aide@shop.example
        subject: Bonjour
        sample: {email: zoe@shop.example, ctx: {prenom: Zoé}}
        """
        bodies = {"welcome/fr/body.txt": "Bonjour {{ ctx.prenom }}", "welcome/fr/body.html": "<p>{{ ctx.prenom }}</p>"}
        folder = template_folder(tmp_path, {"welcome/fr/template.yaml": french, **bodies})
        variant = read(folder).templates["welcome"].languages["fr"]
        assert (variant.sender, variant.reply_to) == ("Boutique <commandes@shop.example>", "aide@shop.example")
        assert (variant.text_body, variant.html_body) == ("Bonjour {{ ctx.prenom }}", "<p>{{ ctx.prenom }}</p>")
        assert variant.sample == {
            "type": "order",
            "wished_channel": 0,
            "language": "fr",
            "email": "zoe@shop.example",
            "email_format": 0,
            "ctx": {"prenom": "Zoé"},
        }

    def test_it_needs_no_template_yaml(self, tmp_path: Path) -> None:
        folder = push_folder(tmp_path, {"welcome/body.txt": "Hello", "welcome/pt-BR/body.txt": "Olá"})
        assert read(folder).templates["welcome"].languages["pt-BR"].text_body == "Olá"


class TestNames:
    def test_template_names_opens_no_file(self, tmp_path: Path) -> None:
        folder = template_folder(tmp_path, {"broken/template.yaml": "{", ".git/config": ""})
        (folder / "welcome" / "template.yaml").write_bytes(b"\xff")
        assert template_names(folder) == ["broken", "welcome"]

    def test_event_type_names(self, tmp_path: Path) -> None:
        assert event_type_names(template_folder(tmp_path)) == ["order", "reset"]

    @pytest.mark.parametrize("text", ["{", "- order"])
    def test_a_dag_file_can_be_read_whatever_the_event_types(self, tmp_path: Path, text: str) -> None:
        assert event_type_names(template_folder(tmp_path, {"event_types.yaml": text})) == []


class TestContent:
    def test_it_is_what_deploy_template_takes(self, tmp_path: Path) -> None:
        content = read(template_folder(tmp_path, FRENCH)).content("welcome")
        body = {
            "sender": "Shop <orders@shop.example>",
            "reply_to": None,
            "subject": "Order {{ ctx.number }}",
            "html_body": "<p>Hello {{ ctx.name }}</p>\n",
            "text_body": "Hello {{ ctx.name }}\n",
        }
        assert content == {
            "event_type": "order",
            "wished_channel": 0,
            "priority": 0,
            "condition": None,
            "enrichment": None,
            "languages": {"": body, "fr": {**body, "subject": "Commande {{ ctx.number }}"}},
        }

    def test_it_does_not_depend_on_the_order_in_the_files(self, tmp_path: Path) -> None:
        folder = template_folder(tmp_path / "one", FRENCH | {"welcome/de/template.yaml": "subject: Hallo"})
        other = template_folder(tmp_path / "two", {"welcome/de/template.yaml": "subject: Hallo"} | FRENCH)
        lines = SETTINGS.splitlines(keepends=True)
        write(other, {"welcome/template.yaml": "".join(lines[3:] + lines[:3])})
        one, two = (json.dumps(read(each).content("welcome")) for each in (folder, other))
        assert one == two
        assert list(json.loads(one)["languages"]) == ["", "de", "fr"]

    def test_a_trace_is_in_it_only_where_it_is_handed_on(self, tmp_path: Path) -> None:
        """Else whatever was published before would have changed."""
        assert "hands_on_trace" not in read(template_folder(tmp_path)).content("welcome")
        write(tmp_path, {"welcome/template.yaml": SETTINGS + "hands_on_trace: true\n"})
        assert read(tmp_path).content("welcome")["hands_on_trace"] is True

    def test_the_sample_is_not_published(self, tmp_path: Path) -> None:
        before = read(template_folder(tmp_path)).content("welcome")
        write(tmp_path, {"welcome/template.yaml": SETTINGS.replace("name: Ann", "name: Bob")})
        assert read(tmp_path).content("welcome") == before


class TestEnrichment:
    STATEMENT = "select id, '{}'::jsonb from events\n"

    def test_a_statement(self, tmp_path: Path) -> None:
        folder = template_folder(tmp_path, {".enrichment/order.sql": self.STATEMENT})
        assert read(folder).enrichments == {"order": {"kind": "sql", "source": self.STATEMENT}}
        assert read(folder).content("welcome")["enrichment"] == {"kind": "sql", "source": self.STATEMENT}

    def test_a_callable(self, tmp_path: Path) -> None:
        found = read(template_folder(tmp_path), {"order": "shop.enrichment:add_points"})
        assert found.content("welcome")["enrichment"] == {"kind": "python", "source": "shop.enrichment:add_points"}

    def test_that_of_another_event_type_is_not_published_with_it(self, tmp_path: Path) -> None:
        found = read(template_folder(tmp_path, {".enrichment/reset.sql": self.STATEMENT}))
        assert found.content("welcome")["enrichment"] is None

    def test_two_of_one_event_type(self, tmp_path: Path) -> None:
        folder = template_folder(tmp_path, {".enrichment/order.sql": self.STATEMENT})
        assert problems(folder, {"order": "shop:add"}) == [
            ".enrichment/order.sql: is the second enrichment of this event type: "
            "[message_center] enrichment_callables has shop:add. Keep one of the two"
        ]

    def test_of_an_unknown_event_type(self, tmp_path: Path) -> None:
        folder = template_folder(tmp_path, {".enrichment/ordr.sql": self.STATEMENT})
        unknown = "names no event type of event_types.yaml. Add it there, or remove the enrichment"
        assert problems(folder, {"rest": "shop:add"}) == [
            f"[message_center] enrichment_callables: rest: {unknown}",
            f".enrichment/ordr.sql: {unknown}",
        ]

    def test_an_empty_statement(self, tmp_path: Path) -> None:
        assert problems(template_folder(tmp_path, {".enrichment/order.sql": " \n"})) == [
            ".enrichment/order.sql: is empty. Write a SELECT of id and ctx from events, or remove it"
        ]


class TestForm:
    """Problems of the files themselves."""

    def test_all_problems_come_at_once(self, tmp_path: Path) -> None:
        folder = template_folder(
            tmp_path,
            {
                "event_types.yaml": EVENT_TYPES + "bad name: Bad\n",
                "welcome/fr/template.yaml": "subjct: Bonjour\n",
                "broken/template.yaml": "active: maybe\n",
                "broken/body.txt": "x",
            },
        )
        assert problems(folder) == [
            "event_types.yaml: bad name: is no name of up to 63 letters, digits, '_', '-' and '.'. Rename it",
            "broken/template.yaml: sample: is missing. Give an event as it would be pushed, with its address and ctx",
            "broken/template.yaml: event_type: is missing. Name one of event_types.yaml",
            "broken/template.yaml: active: must be true or false",
            "welcome/fr/template.yaml: subjct: is unknown. Known: from, reply_to, subject, sample",
        ]

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            ("subject: {{ ctx.x }}", "line 1, column 11: found unhashable key"),
            ("subject: Order: 1", "line 1, column 15: mapping values are not allowed here"),
            ("subject: a\nsubject: b", "line 2, column 1: the key subject comes twice"),
            ("subject: a\nsample: {ctx: {1: b}}", "line 2, column 16: the key 1 is no text; put it in quotes"),
        ],
    )
    def test_yaml(self, tmp_path: Path, text: str, problem: str) -> None:
        assert problems(template_folder(tmp_path, {"welcome/template.yaml": text})) == [
            f"welcome/template.yaml: is not YAML: {problem}. Text that begins with {{ or holds ': ' goes in quotes"
        ]

    @pytest.mark.parametrize(
        ("old", "new", "problem"),
        [
            ("event_type: order", "", "event_type: is missing. Name one of event_types.yaml"),
            ("event_type: order", "event_type:", "event_type: is empty"),
            ("event_type: order", 'event_type: ""', "event_type: is empty"),
            ("event_type: order", "event_type: 12", "event_type: must be text. Put it in quotes"),
            (
                "event_type: order",
                "event_type: order\nsender: a@b.example",
                "sender: is unknown. Known: from, reply_to, subject, sample, event_type, channel, active, priority, "
                "condition, hands_on_trace",
            ),
            (
                "event_type: order",
                "event_type: order\nchannel: sms",
                "channel: must be 'email', 'mobile', 'ios' or 'android'",
            ),
            ("event_type: order", "event_type: order\nactive: 1", "active: must be true or false"),
            ("event_type: order", "event_type: order\npriority: high", "priority: must be a whole number"),
            (
                "event_type: order",
                "event_type: order\npriority: 40000",
                "priority: must be less than 32768",
            ),
            ("event_type: order", "event_type: order\ncondition: true", "condition: must be text. Put it in quotes"),
            ("  ctx: ", "  data: ", "sample.ctx: is missing. Give the message's data, a mapping of names to values"),
            ("  ctx: {", "  country: NO\n  ctx: {", "sample.country: must be text. Put it in quotes"),
            ("  ctx: {", "  email_format: 3\n  ctx: {", "sample.email_format: must be 0, 1 or 2"),
        ],
    )
    def test_fields(self, tmp_path: Path, old: str, new: str, problem: str) -> None:
        folder = template_folder(tmp_path, {"welcome/template.yaml": SETTINGS.replace(old, new)})
        assert f"welcome/template.yaml: {problem}" in problems(folder)

    def test_an_unknown_field_of_a_sample(self, tmp_path: Path) -> None:
        settings = SETTINGS.replace("  ctx: ", "  mail: a@b.example\n  ctx: ")
        (problem,) = problems(template_folder(tmp_path, {"welcome/template.yaml": settings}))
        assert problem.startswith(
            "welcome/template.yaml: sample.mail: is unknown. Known: type, wished_channel, email, "
        )

    @pytest.mark.parametrize("sample", ["sample:", "sample: {}", "sample: ann"])
    def test_a_sample_is_needed(self, tmp_path: Path, sample: str) -> None:
        settings = SETTINGS[: SETTINGS.index("sample:")] + sample
        (problem,) = problems(template_folder(tmp_path, {"welcome/template.yaml": settings}))
        assert problem in (
            "welcome/template.yaml: sample: is empty",
            "welcome/template.yaml: sample.ctx: is missing. Give the message's data, a mapping of names to values",
            "welcome/template.yaml: sample: must be a mapping of names to values",
        )

    def test_a_language_has_no_event_type_of_its_own(self, tmp_path: Path) -> None:
        folder = template_folder(tmp_path, {"welcome/fr/template.yaml": "event_type: order\n"})
        assert problems(folder) == [
            "welcome/fr/template.yaml: event_type: is unknown. Known: from, reply_to, subject, sample"
        ]

    @pytest.mark.parametrize(
        ("text", "problem"),
        [
            (None, "is missing. Write a line for each event type, name: label"),
            ("", "names no event type. Write a line for each, name: label"),
            ("- order", "must be a mapping of names to values"),
            ("order: 1", "order: must be text. Put it in quotes"),
        ],
    )
    def test_event_types(self, tmp_path: Path, text: str | None, problem: str) -> None:
        assert problems(template_folder(tmp_path, {"event_types.yaml": text})) == [f"event_types.yaml: {problem}"]

    def test_a_folder_without_template_yaml(self, tmp_path: Path) -> None:
        folder = template_folder(tmp_path, {"other/template.yml": SETTINGS})
        assert problems(folder) == ["other/template.yaml: is missing. A folder without it is no template"]

    def test_a_folder_that_names_no_template(self, tmp_path: Path) -> None:
        folder = template_folder(tmp_path, {"my order/template.yaml": SETTINGS, "my order/body.txt": "x"})
        assert problems(folder) == ["my order: is no name of up to 63 letters, digits, '_', '-' and '.'. Rename it"]

    @pytest.mark.parametrize("name", ["french", "FR", "fr_FR", "images"])
    def test_a_folder_that_names_no_language(self, tmp_path: Path, name: str) -> None:
        folder = template_folder(tmp_path, {f"welcome/{name}/template.yaml": "subject: Bonjour\n"})
        assert problems(folder) == [
            f"welcome/{name}: is no language tag such as fr, pt-BR or zh-Hant. Rename the folder"
        ]


class TestBodies:
    """Bodies that are missing or too many."""

    def test_an_email_has_a_text_part(self, tmp_path: Path) -> None:
        assert problems(template_folder(tmp_path, {"welcome/body.txt": None})) == [
            "welcome/body.txt: is missing. Every e-mail has a text part, for those who read no HTML"
        ]

    def test_an_email_has_no_json(self, tmp_path: Path) -> None:
        assert problems(template_folder(tmp_path, {"welcome/body.json": "{}"})) == [
            "welcome/body.json: is not for e-mails. Write body.txt, and body.html if you like"
        ]

    @pytest.mark.parametrize(("there", "missing"), [("body.txt", "body.html"), ("body.html", "body.txt")])
    def test_no_email_is_in_two_languages(self, tmp_path: Path, there: str, missing: str) -> None:
        assert problems(template_folder(tmp_path, {f"welcome/fr/{there}": "Bonjour"})) == [
            f"welcome/fr/{missing}: is missing, so the message would be in two languages. Translate this part too"
        ]

    def test_other_channels_have_one(self, tmp_path: Path) -> None:
        assert problems(push_folder(tmp_path, {})) == [
            "welcome/body.txt: is missing. A message for ios has one body, body.txt or body.json"
        ]

    def test_other_channels_have_only_one(self, tmp_path: Path) -> None:
        assert problems(push_folder(tmp_path, {"welcome/body.txt": "x", "welcome/body.json": "{}"})) == [
            "welcome/body.json: is the second body, besides body.txt. Keep one of the two"
        ]

    def test_other_channels_have_no_html(self, tmp_path: Path) -> None:
        assert problems(push_folder(tmp_path, {"welcome/body.txt": "x", "welcome/body.html": "x"})) == [
            "welcome/body.html: is for e-mails only, not for ios. Remove it"
        ]

    @pytest.mark.parametrize("name", ["body.htm", "Body.txt", "template.yml"])
    def test_a_file_whose_name_is_almost_right(self, tmp_path: Path, name: str) -> None:
        assert problems(template_folder(tmp_path, {f"welcome/fr/{name}": "x"})) == [
            f"welcome/fr/{name}: is no file of a template. "
            "Name it as one of template.yaml, body.txt, body.html, body.json"
        ]

    def test_other_files_are_the_author_s_own(self, tmp_path: Path) -> None:
        assert read(template_folder(tmp_path, {"welcome/README.md": "x", "welcome/.DS_Store": "x"})).templates

    def test_it_is_utf_8(self, tmp_path: Path) -> None:
        folder = template_folder(tmp_path)
        (folder / "welcome" / "body.txt").write_bytes("Voilà".encode("latin-1"))
        assert problems(folder) == ["welcome/body.txt: is not UTF-8 from byte 5 on. Save it as UTF-8"]

    def test_it_holds_what_postgresql_can(self, tmp_path: Path) -> None:
        assert problems(template_folder(tmp_path, {"welcome/body.txt": "a\0b"})) == [
            "welcome/body.txt: holds a NUL character. Save it as plain text"
        ]

    def test_it_is_not_too_large(self, tmp_path: Path) -> None:
        folder = template_folder(tmp_path, {"welcome/body.html": "é" * 128 * 1024})
        assert read(folder).templates
        write(folder, {"welcome/body.html": "é" * 150 * 1024})
        assert problems(folder) == ["welcome/body.html: has 300 KiB, more than 256 KiB. Put pictures behind links"]
