"""Whom a reply is about: replies as servers really send them, and what may never happen whatever they send."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from message_center.delivery.email.replies import Consequence, Stage, outcome, rule_for

CORPUS = Path(__file__).parent / "data" / "smtp_replies.yaml"


def corpus() -> Iterator[tuple[str, str, str, str]]:
    for subject, by_consequence in yaml.safe_load(CORPUS.read_text(encoding="utf-8")).items():
        for consequence, replies in by_consequence.items():
            for stage, reply in replies:
                yield subject, consequence, stage, reply


@pytest.mark.parametrize(("subject", "consequence", "stage", "reply"), corpus())
def test_a_real_reply_is_about_whom_it_means(subject: str, consequence: str, stage: str, reply: str) -> None:
    code, _, text = reply.partition(" ")
    rule = rule_for(Stage[stage], int(code), text)
    assert (rule.subject, rule.consequence.name) == (subject, consequence), rule


def test_the_corpus_is_large_enough_to_mean_something() -> None:
    assert len(list(corpus())) >= 60


@settings(max_examples=2000)
@given(
    stage=st.sampled_from(Stage),
    code=st.integers(400, 599),
    status=st.one_of(st.just(""), st.tuples(st.integers(0, 7), st.integers(0, 30) | st.integers(0, 700))),
    text=st.text(max_size=80),
)
def test_only_what_is_about_the_recipient_puts_it_in_quarantine(
    stage: Stage, code: int, status: str | tuple[int, int], text: str
) -> None:
    enhanced = f"{code // 100}.{status[0]}.{status[1]} " if status else ""
    rule = rule_for(stage, code, enhanced + text)
    if rule.consequence is Consequence.QUARANTINE:
        assert rule.subject == "recipient"
        assert code >= 500
        assert stage in (Stage.RCPT, Stage.DATA)
    if code < 500:
        assert rule.consequence not in (Consequence.QUARANTINE, Consequence.FAIL)


def test_an_outcome_holds_no_address() -> None:
    text = "5.1.1 <Zoe@a.example>: user unknown (session 4bXz81mQ2)"
    found = outcome(7, "zoe@a.example", rule_for(Stage.RCPT, 550, text), 550, text)
    assert found.message == "550 5.1.1 <address>: user unknown (session <id>)"
    assert (found.status, found.quarantine, found.failure_reason) == ("Delivery failed", True, 1)
