"""The pages hang together: links resolve, all are found from the README, paths and words are where they say."""

from __future__ import annotations

import re
from itertools import pairwise
from posixpath import normpath

import pytest

from support.pages import (
    FOLLOWED_PAGES,
    PAGES,
    README,
    anchor,
    blocks,
    code_words,
    commands,
    headings,
    links,
    rows,
    text_of,
)
from support.process import REPOSITORY

GLOSSARY, ARCHITECTURE, DECISIONS = "docs/glossary.md", "docs/architecture.md", "docs/decisions.md"
PATH = re.compile(r"(?:[\w.-]+/)+[\w.-]*")
FOLDERS = ("plugins", "include", "dags", "docs", "tests", "bench", "faults")
MAX_README_LINES = 130


def internal_links(page: str) -> list[tuple[str, str]]:
    """Return the files that a page links to, from the repository on, and the fragments."""
    found = []
    for link in links(page):
        if "://" not in link:
            file, _, fragment = link.partition("#")
            folder = page.rpartition("/")[0]
            found.append((normpath(f"{folder}/{file}" if folder else file) if file else page, fragment))
    return found


@pytest.mark.parametrize("page", PAGES)
def test_links_resolve(page: str) -> None:
    for file, fragment in internal_links(page):
        assert (REPOSITORY / file).exists(), f"{page} links to {file}"
        if fragment and (REPOSITORY / file).exists():
            assert fragment in map(anchor, headings(file)), f"{page} links to {file}#{fragment}"


def test_every_page_is_found_from_the_readme() -> None:
    found, new = {README}, {README}
    while new:
        new = {file for page in new for file, _ in internal_links(page) if file in PAGES} - found
        found |= new
    assert found == set(PAGES)


def test_the_readme_is_short_and_begins_with_its_two_commands() -> None:
    assert len(text_of(README).splitlines()) <= MAX_README_LINES
    (block,) = commands(README)
    assert [line.split("#")[0].strip() for line in block.text.splitlines()] == ["make demo", "make test"]


@pytest.mark.parametrize("page", PAGES)
def test_what_is_not_run_says_why(page: str) -> None:
    for block in blocks(page):
        assert block.not_run or "Not run" not in block.text, f"{block}: write '# Not run by the tests: <why>'"


@pytest.mark.parametrize("page", FOLLOWED_PAGES)
def test_a_page_with_a_test_of_its_own_has_one(page: str) -> None:
    assert page in (REPOSITORY / FOLLOWED_PAGES[page]).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", [page for page in PAGES if page not in (DECISIONS, "docs/dags.md")])
def test_paths_that_pages_name_exist(page: str) -> None:
    named = {word for word in code_words(page) if PATH.fullmatch(word) and word.split("/")[0] in FOLDERS}
    written_by_readers = {word for word in named if "welcome" in word or word.startswith("include/sql/enrichment")}
    assert not {word for word in named - written_by_readers if not (REPOSITORY / word.rstrip("/")).exists()}


def test_the_twelve_questions_are_answered_by_paths() -> None:
    questions = [row for row in rows(ARCHITECTURE) if row[0].endswith("?")]
    assert len(questions) == 12
    for question, answer in questions:
        paths = [part for part in re.findall(r"`([^`]+)`", answer) if PATH.fullmatch(part)]
        assert 1 <= len(paths) <= 2, question


def test_the_glossary_has_each_word_once_in_order_and_says_where_it_lives() -> None:
    entries = re.findall(r"^\*\*(.+?)\.\*\* (.+?)(?=\n\n|\Z)", text_of(GLOSSARY), re.MULTILINE | re.DOTALL)
    words = [word for word, _ in entries]
    assert len(entries) > 50
    assert all(one.lower() < other.lower() for one, other in pairwise(words))
    for word, text in entries:
        assert len(re.findall(r"Lives\s+in\s+`[^`]+`", text)) == 1, word
