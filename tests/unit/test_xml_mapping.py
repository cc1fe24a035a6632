"""XML becomes JSON, and the same XML again."""

from __future__ import annotations

import json
from copy import deepcopy
from xml.etree.ElementTree import XML, Element, canonicalize, tostring

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from message_center.intake.soap.events import OTHERS, as_event
from message_center.intake.soap.mapping import to_json, to_object, to_xml

NAMES = st.sampled_from(["a", "b", "item", "_x", "été", "{urn:x}a", "xml.y"])
TEXTS = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\ufffe\uffff"), max_size=5)
ELEMENTS: st.SearchStrategy[Element] = st.deferred(
    lambda: st.builds(
        element,
        NAMES,
        st.dictionaries(NAMES, TEXTS, max_size=2),
        st.lists(st.one_of(TEXTS, ELEMENTS), max_size=4),
    )
)


def element(name: str, attributes: dict[str, str], parts: list[str | Element]) -> Element:
    made = Element(name, attributes)
    for part in parts:
        if not isinstance(part, str):
            made.append(deepcopy(part))
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + part
        else:
            made.text = (made.text or "") + part
    return made


def same(one: Element) -> str:
    """Return what tells one element from another: without the white space between elements."""
    copy = deepcopy(one)
    for each in copy.iter():
        texts = [each.text, *(child.tail for child in each)]
        if len(each) and not any((text or "").strip() for text in texts):
            each.text = None
            for child in each:
                child.tail = None
    return canonicalize(tostring(copy, encoding="unicode"))


@settings(max_examples=150, deadline=None)
@given(ELEMENTS)
def test_the_same_xml_comes_back(made: Element) -> None:
    value = json.loads(json.dumps(to_json(made)))
    back = to_xml(made.tag, value)
    assert same(back) == same(made)
    assert to_json(back) == value


@pytest.mark.parametrize(
    ("xml", "value"),
    [
        ("<ctx/>", {}),
        ("<ctx>text</ctx>", {"#text": "text"}),
        ("<ctx><a>1</a><b/></ctx>", {"a": "1", "b": ""}),
        ("<ctx>\n <a>1</a>\n <a>2</a>\n</ctx>", {"a": ["1", "2"]}),
        ('<ctx><a x="1">t</a><b y="2"/></ctx>', {"a": {"@x": "1", "#text": "t"}, "b": {"@y": "2"}}),
        ("<ctx><a/><b/><a/></ctx>", {"#content": [{"a": ""}, {"b": ""}, {"a": ""}]}),
        ("<ctx>Hello <b>you</b> !</ctx>", {"#content": ["Hello ", {"b": "you"}, " !"]}),
        ('<ctx xmlns="urn:nms:rtEvent"><a/></ctx>', {"a": ""}),
        ('<ctx xmlns="urn:acme"><a><b xmlns="urn:x"/></a></ctx>', {"a": {"{urn:x}b": ""}}),
        (
            '<c:ctx xmlns:c="urn:acme"><c:a>1</c:a> <c:a c:x="2"/>t</c:ctx>',
            {"#content": [{"a": "1"}, " ", {"a": {"@{urn:acme}x": "2"}}, "t"]},
        ),
    ],
)
def test_ctx_is_what_the_table_says(xml: str, value: object) -> None:
    assert to_object(XML(xml)) == value


def test_a_hundred_thousand_attributes_come_in() -> None:
    """Where each is looked for among all of them, as libxml2 does, that takes a door twelve seconds."""
    many = {f"a{number}": "x" for number in range(100_000)}
    assert len(to_json(Element("a", many))) == 100_000
    assert len(as_event(Element("rtEvent", many))["ctx"][OTHERS]) == 100_000


@pytest.mark.parametrize("name", ["", "1", "a b", "a>", "{urn:x", "-a"])
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match="no name of an element"):
        to_xml("ctx", {name: "x"})
