"""The pages for people, README.md and docs/, as a parser of Markdown reads them; and their commands, run."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path

from markdown_it import MarkdownIt
from markdown_it.token import Token

from message_center.local.postgres import BINARIES
from support.process import REPOSITORY, inherited_environment

README = "README.md"
PAGES = (README, *sorted(f"docs/{file.name}" for file in (REPOSITORY / "docs").glob("*.md")))

# Followed step by step by tests of their own.
FOLLOWED_PAGES = {
    "docs/campaign.md": "tests/docs/test_doors.py",
    "docs/doors.md": "tests/docs/test_doors.py",
    "docs/files.md": "tests/docs/test_files.py",
    "docs/install.md": "tests/package/test_install.py",
    "docs/rest.md": "tests/docs/test_doors.py",
    "docs/roles.md": "tests/docs/test_roles.py",
    "docs/soap.md": "tests/docs/test_doors.py",
    "docs/tour.md": "tests/page/test_tour.py",
    "docs/webhooks.md": "tests/docs/test_webhooks.py",
}
# Their commands run on the stack of the end-to-end tests, all others without one.
STACK_PAGES = ("docs/accounts.md", "docs/intake.md", "docs/operations.md", "docs/troubleshooting.md")

COMMANDS = ("sh", "sql")
DATABASES = ("control",)
NOT_RUN = re.compile(r"(?:#|--|<!--) Not run by the tests: (?P<reason>.+?)(?: -->)?$")
MAX_WAIT_SECONDS = 360.0

_MARKDOWN = MarkdownIt("commonmark").enable("table")


class PageError(AssertionError):
    """A command of a page does not do what the page says."""


@dataclass(frozen=True)
class Block:
    """
    A fenced block of a page.

    :param words: what stands behind the language. ``control``: a sql block is for the control instance, not for an
        execution instance; ``until``: the output shown is there after a while; ``apart``: run in a folder apart,
        because the reader may have files of these names.
    :param title: the file that the block is, from ``title="…"``.
    :param not_run: why the tests don't run it; empty: they do.
    :param output: what the page shows as its output, if anything.
    """

    page: str
    line: int
    language: str
    words: frozenset[str]
    title: str
    text: str
    not_run: str
    output: str | None

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def text_of(page: str) -> str:
    """Return a page's source."""
    return (REPOSITORY / page).read_text(encoding="utf-8")


def tokens(page: str) -> list[Token]:
    """Return a page, parsed."""
    return _MARKDOWN.parse(text_of(page))


def blocks(page: str) -> Iterator[Block]:
    """Yield the fenced blocks of a page that have a language; those without are the output of the one before."""
    found = tokens(page)
    for before, token, after in zip([None, *found], found, [*found[1:], None], strict=False):
        if token.type != "fence" or not token.info.strip() or token.map is None:
            continue
        language, _, rest = token.info.strip().partition(" ")
        title = re.search(r'title="([^"]+)"', rest)
        yield Block(
            page,
            token.map[0] + 1,
            language,
            frozenset(rest.replace(title[0], "").split() if title else rest.split()),
            title[1] if title else "",
            token.content,
            _why_not_run(before, token),
            after.content if after and after.type == "fence" and not after.info.strip() else None,
        )


def _why_not_run(before: Token | None, block: Token) -> str:
    lines = [block.content.partition("\n")[0]]
    if before and before.type == "html_block":
        lines.append(before.content.strip())
    return next((found["reason"] for line in lines if (found := NOT_RUN.match(line))), "")


def commands(page: str) -> list[Block]:
    """Return the blocks of a page that are commands."""
    return [block for block in blocks(page) if block.language in COMMANDS and not block.title]


def runnable(page: str) -> list[Block]:
    """Return the commands of a page that the tests run."""
    return [block for block in commands(page) if not block.not_run]


def inline(page: str, kind: str) -> Iterator[Token]:
    """Yield the tokens of a kind within a page's text, e.g. ``code_inline``."""
    for token in tokens(page):
        yield from (child for child in token.children or () if child.type == kind)


def code_words(page: str) -> set[str]:
    """Return what a page has in backticks."""
    return {token.content for token in inline(page, "code_inline")}


def links(page: str) -> Iterator[str]:
    """Yield where a page's links and pictures go."""
    for kind, attribute in (("link_open", "href"), ("image", "src")):
        yield from (str(token.attrs[attribute]) for token in inline(page, kind))


def headings(page: str) -> list[str]:
    """Return the headings of a page, as they are written."""
    found = tokens(page)
    return [after.content for token, after in pairwise(found) if token.type == "heading_open"]


def anchor(heading: str) -> str:
    """Return the fragment by which GitHub links to a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def rows(page: str) -> Iterator[list[str]]:
    """Yield the rows of a page's tables, each cell as it is written."""
    row: list[str] = []
    for before, token in pairwise(tokens(page)):
        if before.type in ("td_open", "th_open"):
            row.append(token.content)
        elif token.type == "tr_close":
            yield row
            row = []


@dataclass
class Runner:
    """
    Runs the blocks of a page, one after the other, as its reader would.

    :param folder: where the reader is.
    :param apart: an empty folder, for the blocks that say so.
    :param environment: what a block exports is there for the next one.
    :param databases: the URI for each word that a sql block may have, and for "execution".
    """

    folder: Path
    apart: Path
    environment: dict[str, str]
    databases: Mapping[str, str] = field(repr=False)
    ran: list[Block] = field(default_factory=list)

    def run(self, page: str) -> None:
        """
        Write the files of a page, and run its commands, but for those that say why not.

        :raises PageError: naming the block that fails, or whose output is another one than the page shows.
        """
        to_run = runnable(page)
        for block in blocks(page):
            if block.title:
                file = self.folder / block.title
                file.parent.mkdir(parents=True, exist_ok=True)
                file.write_text(block.text, encoding="utf-8")
            elif block in to_run:
                self.run_block(block)
                self.ran.append(block)

    def run_block(self, block: Block) -> None:
        """
        Run one command of a page.

        :raises PageError: if it fails, or its output is another one than the page shows.
        """
        end = time.monotonic() + (MAX_WAIT_SECONDS if "until" in block.words else 0)
        while (fault := self._fault(block)) and time.monotonic() < end:
            time.sleep(0.5)
        if fault:
            raise PageError(f"{block}: {fault}")

    def _fault(self, block: Block) -> str:
        done = self._sh(block) if block.language == "sh" else self._sql(block)
        if done.returncode:
            return f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
        if block.output is not None and normalised(done.stdout) != normalised(block.output):
            return f"shows\n{block.output}\nbut gives\n{done.stdout}{done.stderr}"
        return ""

    def _sh(self, block: Block) -> subprocess.CompletedProcess[str]:
        with tempfile.NamedTemporaryFile() as exported:
            done = subprocess.run(
                ["bash", "-euo", "pipefail", "-c", f"{block.text}\nenv -0 > {exported.name}"],
                cwd=self.apart if "apart" in block.words else self.folder,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=300,
            )
            found = Path(exported.name).read_text(encoding="utf-8")
        if done.returncode == 0:
            self.environment = dict(entry.split("=", 1) for entry in found.split("\0") if entry)
        return done

    def _sql(self, block: Block) -> subprocess.CompletedProcess[str]:
        database = next((word for word in DATABASES if word in block.words), "execution")
        return subprocess.run(
            [BINARIES / "psql", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--quiet", self.databases[database]],
            env={**self.environment, "PGTZ": "UTC", "LC_ALL": "C.UTF-8"},
            input=block.text,
            capture_output=True,
            text=True,
            timeout=60,
        )


def normalised(output: str) -> str:
    """Return an output without what differs each time: ids, moments, and the width that they give a table."""
    for pattern, name in ((r"\b\d{16,19}\b", "<id>"), (r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(\.\d+)?\+00", "<moment>")):
        output = re.sub(pattern, name, output)
    lines = (re.sub(r"-{2,}", "-", " ".join(line.split())) for line in output.strip().splitlines())
    return "\n".join(lines)


def reader_environment(**own: str) -> dict[str, str]:
    """Return the environment of a reader, without any Airflow of the tests'."""
    return {**inherited_environment(), "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}", **own}
