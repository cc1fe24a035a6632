"""Receivers, each behind a port of its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from support.webhooks import Receiver, receiver


@pytest.fixture
def shop() -> Iterator[Receiver]:
    with receiver() as app:
        yield app


@pytest.fixture
def bank() -> Iterator[Receiver]:
    with receiver() as app:
        yield app
