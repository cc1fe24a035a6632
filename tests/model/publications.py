"""What the control instance has published: a model of its own, as small as it can be."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from model.model import CONDITION, ENRICHED_TYPE, Picture
from support.events import content

NAMES = ("order", "order_sms", "reset", "promo_big", "promo_all", "points", "rival")
AT_FIRST = NAMES[:-1]
TYPES = dict.fromkeys(("order", "reset", "promo", ENRICHED_TYPE), "")

State = dict[str, "int | None"]


def content_of(name: str, variant: int) -> dict[str, Any]:
    """Return one of the contents that a template may have; the odd ones speak French too."""
    subject = f"{name} {variant}"
    event_type = {"order_sms": "order", "promo_big": "promo", "promo_all": "promo", "rival": "order"}.get(name, name)
    languages = {"fr": subject} if variant % 2 else {}
    result = content(event_type, subject, int(name == "order_sms"), **languages)
    if name == "promo_big":
        result |= {"priority": 1, "condition": CONDITION}
    if event_type == ENRICHED_TYPE:
        source = "select id, jsonb_build_object('points', 100 / (ctx ->> 'n')::integer) from events"
        result |= {"enrichment": {"kind": "sql", "source": source}}
    return result


class Publications:
    """The state of all templates after each publication, and the variant behind each version."""

    def __init__(self) -> None:
        self.states: list[State] = [{}]
        self.brought: list[set[str]] = [set()]
        self.variants: dict[tuple[str, int], int] = {}

    @property
    def current(self) -> State:
        """The version of each template; none: unpublished."""
        return self.states[-1]

    def publish(self, names: Iterable[str], variant: int) -> State:
        """Publish one variant of some templates."""
        number = len(self.states)
        state: State = {}
        for name in names:
            version = self.current.get(name)
            if version is None or self.variants[name, version] != variant:
                version = number
                self.variants[name, version] = variant
            state[name] = version
        return self._add(state)

    def unpublish(self, names: Iterable[str]) -> State | None:
        """Unpublish some templates, unless one is not published."""
        wanted = set(names)
        if any(self.current.get(name) is None for name in wanted):
            return None
        return self._add(dict.fromkeys(wanted))

    def roll_back(self, number: int) -> State:
        """Go back to what a publication brought."""
        return self._add({name: self.states[number][name] for name in self.brought[number]})

    def _add(self, state: State) -> State:
        self.states.append(self.current | state)
        self.brought.append(set(state))
        return state

    def expected_live(self, state: State) -> set[tuple[str, int, str, str]]:
        """Return what an instance has of a state: name, version, queue and language of each template."""
        return {
            (name, version, queue, language)
            for name, version in state.items()
            if version is not None
            for queue in ("rt", "batch")
            for language in (("", "fr") if self.variants[name, version] % 2 else ("",))
        }


def live(picture: Picture, names: Iterable[str] = NAMES) -> set[tuple[str, int, str, str]]:
    """Return what an instance has of some templates."""
    wanted = set(names)
    return {(t.name, t.version, t.queue, t.language) for t in picture.templates.values() if t.name in wanted}
