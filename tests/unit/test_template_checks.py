"""Problems that show when a template is rendered with its own sample, and what the authors' command makes of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from message_center.templates.cli import app
from message_center.templates.files import load_templates
from unit.authoring import PUSH_SETTINGS, SETTINGS, problems, push_folder, read, template_folder, write

GIVE_IT = "Correct the name, or give the sample such a value"


def settings_problem(folder: Path, old: str, new: str) -> str:
    """The one problem of the template with this in its template.yaml."""
    assert old in SETTINGS
    (problem,) = problems(template_folder(folder, {"welcome/template.yaml": SETTINGS.replace(old, new)}))
    assert problem.startswith("welcome/template.yaml: ")
    return problem.removeprefix("welcome/template.yaml: ")


def body_problem(folder: Path, body: str, name: str = "body.txt") -> str:
    """The one problem of the template with this body."""
    (problem,) = problems(template_folder(folder, {f"welcome/{name}": body}))
    return problem


class TestHeaders:
    def test_an_unknown_event_type(self, tmp_path: Path) -> None:
        assert settings_problem(tmp_path, "event_type: order", "event_type: oder") == (
            "event_type: 'oder' is unknown. Known: order, reset. Correct it, or add it to event_types.yaml"
        )

    @pytest.mark.parametrize(
        ("line", "field"),
        [("from: Shop <orders@shop.example>", "from"), ('subject: "Order {{ ctx.number }}"', "subject")],
    )
    def test_a_missing_one(self, tmp_path: Path, line: str, field: str) -> None:
        assert settings_problem(tmp_path, line, "") == f"{field}: is missing. Every e-mail has one"

    @pytest.mark.parametrize(
        "text",
        [
            "Shop", "orders@shop", "zoé@shop.example", "a@b.example, c@d.example", "Shop orders@",
            "{{ ctx.name }} <orders@shop.example>", "Shop\\n <orders@shop.example>",
        ],
    )  # fmt: skip
    def test_a_sender_that_is_no_address(self, tmp_path: Path, text: str) -> None:
        problem = settings_problem(tmp_path, "from: Shop <orders@shop.example>", f'from: "{text}"')
        assert problem.startswith("from: '")
        assert problem.endswith(
            " is not an e-mail address. "
            "Write it as orders@shop.example or Shop <orders@shop.example>; it is not rendered"
        )

    def test_a_reply_to_that_is_no_address(self, tmp_path: Path) -> None:
        problem = settings_problem(tmp_path, "subject:", "reply_to: help\nsubject:")
        assert problem.startswith("reply_to: 'help' is not an e-mail address.")

    @pytest.mark.parametrize("sender", ["Élodie & fils <a@b.example>", '"Shop, Inc." <a@b.example>', "a@b.example"])
    def test_senders_that_are_good(self, tmp_path: Path, sender: str) -> None:
        settings = SETTINGS.replace("from: Shop <orders@shop.example>", f"from: '{sender}'")
        assert read(template_folder(tmp_path, {"welcome/template.yaml": settings})).templates

    def test_only_emails_have_them(self, tmp_path: Path) -> None:
        settings = PUSH_SETTINGS + "from: a@b.example\nreply_to: a@b.example\nsubject: Hello\n"
        folder = push_folder(tmp_path, {"welcome/template.yaml": settings, "welcome/body.txt": "Hello"})
        assert problems(folder) == [
            f"welcome/template.yaml: {field}: is for e-mails only, not for ios. Remove it"
            for field in ("from", "reply_to", "subject")
        ]


class TestSample:
    def test_its_address_is_that_of_the_channel(self, tmp_path: Path) -> None:
        assert settings_problem(tmp_path, "email: ann@shop.example", "mobile_phone: '+33612345678'") == (
            "sample.email: is missing. It is the address of the channel email"
        )

    def test_its_address_is_one(self, tmp_path: Path) -> None:
        assert settings_problem(tmp_path, "email: ann@shop.example", "email: ann at shop.example") == (
            "sample.email: 'ann at shop.example' is not an e-mail address. Such an event is refused"
        )

    def test_it_is_of_the_template_s_event_type(self, tmp_path: Path) -> None:
        assert settings_problem(tmp_path, "  ctx:", "  type: reset\n  ctx:") == (
            "sample.type: is 'reset', but the template is for 'order'. Leave it out"
        )

    def test_it_is_of_the_template_s_channel(self, tmp_path: Path) -> None:
        assert settings_problem(tmp_path, "  ctx:", "  wished_channel: 1\n  ctx:") == (
            "sample.wished_channel: is 1, but the template is for 0. Leave it out"
        )

    def test_that_of_a_language_is_in_it(self, tmp_path: Path) -> None:
        french = "sample: {email: zoe@shop.example, language: de, ctx: {number: '1', name: Zoé}}\n"
        assert problems(template_folder(tmp_path, {"welcome/fr/template.yaml": french})) == [
            "welcome/fr/template.yaml: sample.language: is 'de', but the folder is for 'fr'. Leave it out"
        ]


class TestRendering:
    @pytest.mark.parametrize(("name", "part"), [("body.txt", "text_body"), ("body.html", "html_body")])
    def test_a_missing_variable(self, tmp_path: Path, name: str, part: str) -> None:
        assert body_problem(tmp_path, "Hello\n{{ ctx.nmae }}", name) == (
            f"welcome/{name}: {part}: line 2: 'dict object' has no attribute 'nmae'. {GIVE_IT}"
        )

    def test_a_missing_variable_in_the_subject(self, tmp_path: Path) -> None:
        assert settings_problem(tmp_path, "{{ ctx.number }}", "{{ number }}") == (
            f"subject: line 1: 'number' is undefined. {GIVE_IT}"
        )

    def test_a_missing_variable_given_to_tojson(self, tmp_path: Path) -> None:
        assert body_problem(tmp_path, "{{ ctx.nmae | tojson }}") == (
            f"welcome/body.txt: text_body: line 1: 'dict object' has no attribute 'nmae'. {GIVE_IT}"
        )

    def test_syntax(self, tmp_path: Path) -> None:
        assert body_problem(tmp_path, "Hello\n{% if ctx.name %}") == (
            "welcome/body.txt: text_body: line 2: Unexpected end of template. "
            "Jinja was looking for the following tags: 'elif' or 'else' or 'endif'. "
            "The innermost block that needs to be closed is 'if'. Correct the Jinja"
        )

    def test_an_error_in_an_expression(self, tmp_path: Path) -> None:
        assert body_problem(tmp_path, "{{ ctx.name / 2 }}") == (
            "welcome/body.txt: text_body: line 1: TypeError while rendering"
        )

    def test_a_subject_of_two_lines(self, tmp_path: Path) -> None:
        assert settings_problem(tmp_path, '"Order {{ ctx.number }}"', '"Order\\n{{ ctx.number }}"') == (
            "subject: Subject holds a line break or another control character"
        )

    def test_every_part_is_looked_at(self, tmp_path: Path) -> None:
        folder = template_folder(
            tmp_path,
            {
                "welcome/template.yaml": SETTINGS.replace("ctx.number }}", "ctx.a }}"),
                "welcome/body.txt": "{{ ctx.b }}",
                "welcome/body.html": "{% c %}",
            },
        )
        assert [problem.partition(". ")[0] for problem in problems(folder)] == [
            "welcome/template.yaml: subject: line 1: 'dict object' has no attribute 'a'",
            "welcome/body.html: html_body: line 1: Encountered unknown tag 'c'",
            "welcome/body.txt: text_body: line 1: 'dict object' has no attribute 'b'",
        ]

    def test_html_is_looked_at_even_if_the_sample_wants_text(self, tmp_path: Path) -> None:
        settings = SETTINGS.replace("  ctx:", "  email_format: 1\n  ctx:")
        folder = template_folder(tmp_path, {"welcome/template.yaml": settings, "welcome/body.html": "{{ ctx.b }}"})
        assert len(problems(folder)) == 1

    def test_what_a_language_inherits_is_said_once(self, tmp_path: Path) -> None:
        folder = template_folder(
            tmp_path, {"welcome/body.txt": "{{ ctx.b }}", "welcome/fr/template.yaml": "subject: Bonjour"}
        )
        assert len(problems(folder)) == 1

    def test_what_a_language_inherits_must_fit_its_own_sample(self, tmp_path: Path) -> None:
        french = "sample: {email: zoe@shop.example, ctx: {name: Zoé}}\n"
        assert problems(template_folder(tmp_path, {"welcome/fr/template.yaml": french})) == [
            "welcome/fr/template.yaml: subject: line 1: 'dict object' has no attribute 'number'. "
            f"{GIVE_IT}. It is that of {tmp_path}/welcome/template.yaml, rendered with this language's sample"
        ]


class TestJson:
    REMEDY = "Write values as {{ ctx.name | tojson }}, without quotes of their own"

    def test_it_renders_to_json(self, tmp_path: Path) -> None:
        assert problems(push_folder(tmp_path, {"welcome/body.json": '{"title": {{ ctx.name }}}'})) == [
            "welcome/body.json: text_body: is not JSON: line 1, column 11 of what is rendered: Expecting value. "
            + self.REMEDY
        ]

    def test_it_does_whatever_the_data(self, tmp_path: Path) -> None:
        assert problems(push_folder(tmp_path, {"welcome/body.json": '{"title": "{{ ctx.name }}"}'})) == [
            f"welcome/body.json: text_body: is not JSON if the data has a quote in it. {self.REMEDY}"
        ]

    def test_odd_data_is_no_problem_of_anything_else(self, tmp_path: Path) -> None:
        body = """{"title": {{ {"Ann": "Dear Ann"}[ctx.name] | tojson }}}"""
        assert read(push_folder(tmp_path, {"welcome/body.json": body})).templates

    def test_text_is_not_held_to_it(self, tmp_path: Path) -> None:
        assert read(push_folder(tmp_path, {"welcome/body.txt": '"{{ ctx.name }}'})).templates


def run(folder: Path, command: str, *arguments: str) -> Result:
    return CliRunner().invoke(app, [command, *arguments, "--folder", str(folder)])


class TestCommand:
    def test_check(self, tmp_path: Path) -> None:
        folder = template_folder(tmp_path, {"welcome/fr/template.yaml": "subject: Bonjour"})
        result = run(folder, "check")
        assert result.exit_code == 0
        assert [line.split() for line in result.stdout.splitlines() if "welcome" in line] == [
            ["│", "welcome", "│", "order", "│", "ok", "│", "ok", "│"]
        ]
        assert result.stdout.endswith("No problems\n")

    def test_check_with_problems(self, tmp_path: Path) -> None:
        folder = template_folder(
            tmp_path,
            {
                "welcome/fr/template.yaml": 'subject: "{{ ctx.a }}"\nfrom: nobody',
                "broken/template.yaml": "{",
                "broken/fr/body.txt": "x",
            },
        )
        result = run(folder, "check")
        assert result.exit_code == 1
        cells = [[cell.strip() for cell in line.split("│")[1:-1]] for line in result.stdout.splitlines() if "│" in line]
        assert cells == [["broken", "?", "1 problem", "ok"], ["welcome", "order", "ok", "2 problems"]]
        told = [line.removeprefix("· ") for line in result.stdout.splitlines() if line.startswith("·")]
        assert told == [str(problem) for problem in load_templates(folder).problems]
        assert result.stdout.endswith("3 problems\n")

    def test_preview(self, tmp_path: Path) -> None:
        result = run(template_folder(tmp_path), "preview", "welcome")
        assert result.stdout == (
            "From: Shop <orders@shop.example>\nTo: ann@shop.example\nSubject: Order 1242\n\nHello Ann\n"
        )

    def test_preview_of_html(self, tmp_path: Path) -> None:
        result = run(template_folder(tmp_path), "preview", "welcome", "--html")
        assert result.stdout == "<p>Hello Ann</p>\n"

    def test_preview_of_another_channel(self, tmp_path: Path) -> None:
        folder = push_folder(tmp_path, {"welcome/body.json": '{"title": {{ ctx.name | tojson }}}'})
        assert json.loads(run(folder, "preview", "welcome").stdout) == {"title": "Ann"}

    def test_preview_of_an_event_is_in_its_language(self, tmp_path: Path) -> None:
        folder = template_folder(
            tmp_path / "templates", {"welcome/fr/template.yaml": 'subject: "Commande {{ ctx.number }}"'}
        )
        event = {"email": "zoe@shop.example", "language": "fr", "ctx": {"number": "7", "name": "Zoé"}}
        write(tmp_path, {"event.json": json.dumps(event)})
        shown = [
            run(folder, "preview", "welcome", "--event-file", str(tmp_path / "event.json"), *more).stdout
            for more in ([], ["--language", ""])
        ]
        assert "To: zoe@shop.example\nSubject: Commande 7\n\nHello Zoé\n" in shown[0]
        assert "Subject: Order 7\n" in shown[1]

    @pytest.mark.parametrize(
        ("event", "problem"),
        [
            ('{"email": ', "is not JSON: line 1, column 11: Expecting value"),
            ('{"email": "a@b.example"}', "ctx: is missing. Give the message's data, a mapping of names to values"),
            ('{"ctx": {}}', "email: is missing. It is the address of the channel email"),
        ],
    )
    def test_an_event_that_could_not_be_pushed(self, tmp_path: Path, event: str, problem: str) -> None:
        file = tmp_path / "event.json"
        write(tmp_path, {"event.json": event})
        result = run(template_folder(tmp_path / "templates"), "preview", "welcome", "--event-file", str(file))
        assert (result.exit_code, result.stderr) == (1, f"{file}: {problem}\n")

    def test_an_event_without_a_variable(self, tmp_path: Path) -> None:
        write(tmp_path, {"event.json": '{"email": "a@b.example", "ctx": {"number": "7"}}'})
        result = run(
            template_folder(tmp_path / "templates"), "preview", "welcome", "--event-file", str(tmp_path / "event.json")
        )
        assert result.exit_code == 1
        assert "text_body, line 1: 'dict object' has no attribute 'name'" in result.stderr

    def test_what_is_not_there(self, tmp_path: Path) -> None:
        folder = template_folder(tmp_path)
        assert run(folder, "preview", "wellcome").stderr == "There is no template 'wellcome'. Known: welcome.\n"
        assert run(folder, "preview", "welcome", "--language", "de").stderr == (
            "Template welcome is not in 'de'. Languages: none but the default one.\n"
        )
        write(folder, {"welcome/body.html": None})
        assert run(folder, "preview", "welcome", "--html").stderr == "Template welcome has no HTML part.\n"

    def test_a_template_too_broken_to_look_at(self, tmp_path: Path) -> None:
        folder = template_folder(tmp_path, {"welcome/template.yaml": "{", "other/template.yaml": "{"})
        result = run(folder, "preview", "welcome")
        assert result.exit_code == 1
        assert result.stderr.startswith(f"{folder}/welcome/template.yaml: is not YAML: ")
        assert len(result.stderr.splitlines()) == 1

    def test_names_that_look_like_markup(self, tmp_path: Path) -> None:
        result = run(
            template_folder(tmp_path, {"[b]x[b]/template.yaml": SETTINGS, "welcome/[i]/body.txt": ""}), "check"
        )
        assert isinstance(result.exception, SystemExit), repr(result.exception)
        assert all(name in result.stdout for name in ("│ [b]x[b] ", "┃ [i] ", "4 problems"))
