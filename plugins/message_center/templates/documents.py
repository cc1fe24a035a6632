"""Authors' files as text and as YAML, read so that what is odd is said and not guessed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from message_center.errors import one_line
from message_center.templates.problems import problem

TIMESTAMP = "tag:yaml.org,2002:timestamp"


class Loader(yaml.SafeLoader):
    """YAML with the values of JSON: a date is text, a key is text, and no key comes twice."""

    yaml_implicit_resolvers = {  # noqa: RUF012 - PyYAML's own
        first: [(tag, pattern) for tag, pattern in resolvers if tag != TIMESTAMP]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping = super().construct_mapping(node, deep)
        seen = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node)
            if not isinstance(key, str):
                raise _marked(f"the key {key} is no text; put it in quotes", key_node)
            if key in seen:
                raise _marked(f"the key {key} comes twice", key_node)
            seen.add(key)
        return mapping


def _marked(problem: str, node: yaml.Node) -> yaml.constructor.ConstructorError:
    return yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


def read_yaml(file: Path) -> Any:
    """
    Return what a YAML file holds; an empty one is an empty mapping.

    :raises TemplateProblemsError: if it is not UTF-8 or not YAML, with the line.
    """
    text = read_text(file)
    try:
        content = yaml.load(text, Loader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        remedy = "Text that begins with { or holds ': ' goes in quotes"
        raise problem(file, "", f"is not YAML: {where}{error.problem}. {remedy}") from error
    except (yaml.YAMLError, ValueError) as error:
        raise problem(file, "", f"is not YAML: {one_line(error)}") from error
    return {} if content is None else content


def read_text(file: Path) -> str:
    """
    Return a file's text, its line ends ``\\n``.

    :raises TemplateProblemsError: if it is not UTF-8, or holds a character that PostgreSQL does not.
    """
    try:
        text = file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise problem(file, "", f"is not UTF-8 from byte {error.start + 1} on. Save it as UTF-8") from error
    if "\0" in text:
        raise problem(file, "", "holds a NUL character. Save it as plain text")
    return text
