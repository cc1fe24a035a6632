"""XML becomes JSON, and the same XML again."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from message_center.intake.problems import ProblemError
from message_center.intake.soap.events import as_event
from message_center.intake.soap.mapping import to_json, to_object, to_xml
from message_center.intake.soap.xml import MAX_ATTRIBUTES

NAMES = st.sampled_from(["a", "b", "item", "_x", "été", "{urn:x}a", "xml.y"])
TEXTS = st.text(st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="\ufffe\uffff"), max_size=5)
ELEMENTS: st.SearchStrategy[etree._Element] = st.deferred(
    lambda: st.builds(
        element,
        NAMES,
        st.dictionaries(NAMES, TEXTS, max_size=2),
        st.lists(st.one_of(TEXTS, ELEMENTS), max_size=4),
    )
)


def element(name: str, attributes: dict[str, str], parts: list[str | etree._Element]) -> etree._Element:
    made = etree.Element(name, attributes)
    for part in parts:
        if not isinstance(part, str):
            made.append(etree.fromstring(etree.tostring(part, encoding="unicode")))
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + part
        else:
            made.text = (made.text or "") + part
    return made


def same(one: etree._Element) -> str:
    """Return what tells one element from another: without the white space between elements."""
    copy = etree.fromstring(etree.tostring(one, encoding="unicode"))
    for each in copy.iter():
        texts = [each.text, *(child.tail for child in each)]
        if len(each) and not any((text or "").strip() for text in texts):
            each.text = None
            for child in each:
                child.tail = None
    return etree.tostring(copy, method="c14n").decode()


@settings(max_examples=150, deadline=None)
@given(ELEMENTS)
def test_the_same_xml_comes_back(made: etree._Element) -> None:
    value = json.loads(json.dumps(to_json(made)))
    back = to_xml(str(made.tag), value)
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
    assert to_object(etree.fromstring(xml)) == value


def test_an_element_with_more_attributes_than_can_be_read_in_time_is_refused() -> None:
    """libxml2 looks for each attribute among all: a hundred thousand took a door twelve seconds."""
    many = {f"a{number}": "" for number in range(MAX_ATTRIBUTES)}
    for read in (to_json, as_event):
        read(etree.Element("rtEvent", many))
        with pytest.raises(ProblemError, match="more than 1000 attributes"):
            read(etree.Element("rtEvent", many, one="more"))
