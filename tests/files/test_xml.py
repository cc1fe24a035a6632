"""XML that is bad in one place is bad there only; and what is good is cut where a parser of all of it would cut."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Iterable
from itertools import chain

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from message_center.files.errors import FileError
from message_center.files.formats import xml_elements
from message_center.files.formats.xml_pieces import Pieces
from message_center.files.records import MAX_RECORD_BYTES, shown

GOOD = '<rtEvent type="o" email="a@shop.example" externalId="good"><ctx><a b="c">d</a></ctx></rtEvent>'
LONG = f"the element has more than {MAX_RECORD_BYTES} bytes"
ELEMENTS: dict[str, tuple[str, str | None]] = {
    "as deep as may be": (f"<rtEvent><ctx>{'<a>' * 97}{'</a>' * 97}</ctx></rtEvent>", None),
    "too deep": (
        f"<rtEvent><ctx>{'<a>' * 98}{'</a>' * 98}</ctx></rtEvent>",
        "the element is nested deeper than 100 levels",
    ),
    "too deep with its last one": (
        f"<rtEvent>{'<a>' * 98}<a/>{'</a>' * 98}</rtEvent>",
        "nested deeper than 100 levels",
    ),
    "far too deep": (
        f"<rtEvent><ctx>{'<a>' * 99_999}{'</a>' * 99_999}</ctx></rtEvent>",
        "nested deeper than 100 levels",
    ),
    "too long a value": (f"<rtEvent type='{'x' * 12_000_000}'/>", LONG),
    "too long a text": (f"<rtEvent><ctx>{'x' * 12_000_000}</ctx></rtEvent>", LONG),
    "too long a section": (f"<rtEvent><![CDATA[{'x<' * 6_000_000}]]></rtEvent>", LONG),
    "too long a comment": (f"<rtEvent><!--{'x-' * 6_000_000}--></rtEvent>", LONG),
    "a long name": (f"<rtEvent><{'x' * 60_000}/></rtEvent>", None),
    "many attributes": ("<rtEvent {}/>".format(" ".join(f"a{number}='x'" for number in range(20_000))), None),
    "a long namespace": (f"<rtEvent xmlns='{'x' * 1001}'/>", "line 2: namespace of more than 1000 characters"),
    "many elements": (f"<rtEvent><ctx>{'<a/>' * 9999}</ctx></rtEvent>", None),
    "an entity that is none": (
        "<rtEvent>\n&nbsp;</rtEvent>",
        "the element is not XML: line 3: undefined entity",
    ),
    "an entity in a value": ("<rtEvent type='&nbsp;'/>", "undefined entity"),
    "a DTD": ("<rtEvent><!DOCTYPE x [<!ENTITY a 'b'>]>&a;</rtEvent>", "the element is not XML: line 2"),
    "a sign that stands for itself": ("<rtEvent type='a & b'/>", "the element is not XML: line 2"),
    "a bracket": ("<rtEvent><ctx>1 < 2</ctx></rtEvent>", "the element is not XML: line 2"),
    "a bracket and letters": ("<rtEvent><ctx>a <b it's so</ctx></rtEvent>", "the element is not XML: line 2"),
    "a bracket in a value": ("<rtEvent type='a<b>'><ctx/></rtEvent>", "the element is not XML: line 2"),
    "a control character": ("<rtEvent>\x0b</rtEvent>", "the element is not XML: line 2"),
    "a NUL byte": ("<rtEvent>\0</rtEvent>", "the element is not XML: line 2"),
    "a number of no character": ("<rtEvent>&#1;</rtEvent>", "the element is not XML: line 2"),
    "half of a pair": ("<rtEvent>\udced\udca0\udc80</rtEvent>", "the element is not in UTF-8"),
    "another encoding": ("<rtEvent type='\udce9'/>", "the element is not in UTF-8"),
    "a prefix for nothing": ("<n:rtEvent/>", "the element is not XML: line 2: unbound prefix"),
    "a namespace of its own": ("<n:rtEvent xmlns:n='urn:x'/>", None),
    "another name": ("<order/>", "the element order is no rtEvent or batchEvent"),
    "an attribute twice": ("<rtEvent type='a' type='b'/>", "the element is not XML: line 2: duplicate attribute"),
    "a value without quotes": ("<rtEvent type=a/>", "the element is not XML: line 2"),
    "an open quote": ("<rtEvent type='a><ctx/></rtEvent>", "the element is not XML: line 2"),
    "an open quote, and nothing within": ("<rtEvent type='a/>", "the element is not XML: line"),
    "an open tag": ("<rtEvent type='a'", "the element is not XML: line"),
    "HTML": ("<rtEvent><ctx>a<br>b</ctx></rtEvent>", "the element is not XML: line 2"),
    "ends that are crossed": ("<rtEvent><a><b></a></b></rtEvent>", "the element is not XML: line 2"),
    "an end too many within": ("<rtEvent></a></rtEvent>", "the element is not XML: line 2"),
    "an end too many": ("</rtEvent>", "the text stands in no element"),
    "an end with room": ("<rtEvent></rtEvent\n>", None),
    "an end too few": ("<rtEvent><ctx></ctx>", "the element is not XML: line"),
    "an event that has lost its bracket": ("rtEvent type='a'/>", "the text stands in no element"),
    "a text": ("&a; <![CDATA[<rtEvent/>]]>", "the text stands in no element"),
    "a text in another encoding": ("\udce9", "the text between elements is not in UTF-8"),
    "far too deep, and without ends": (f"<rtEvent>{'<a>' * 99_999}</rtEvent>", "nested deeper than 100 levels"),
    "an event in a section": ("<rtEvent><![CDATA[</rtEvent><rtEvent/>]]></rtEvent>", None),
    "an event in a comment": ("<rtEvent><!--</rtEvent><rtEvent/>--></rtEvent>", None),
    "an event in a value": ("<rtEvent type='&lt;/rtEvent>'><ctx/></rtEvent>", None),
    "an event in what an event has": ("<rtEvent><ctx><rtEvent><a/></rtEvent></ctx></rtEvent>", None),
}


def in_chunks(text: bytes, size: int) -> Iterable[bytes]:
    return (text[at : at + size] for at in range(0, len(text), size))


@pytest.mark.parametrize("size", [1 << 18, 13])
def test_a_bad_element_harms_no_other(size: int) -> None:
    for what, (element, reason) in ELEMENTS.items():
        if size == 13 and len(element) > 1_000_000:
            continue
        between = element.encode(errors="surrogateescape")
        text = b"<r>%b\n%b\n%b\n<!-- --><?x?>%b</r>" % (GOOD.encode(), between, GOOD.encode(), GOOD.encode())
        found = list(xml_elements.read(in_chunks(text, size)))
        good = [(line, None) for line in (1, 3 + element.count("\n"), 4 + element.count("\n"))]
        assert [(each.line, each.reason) for each in found if each.line != 2] == good, what
        (bad,) = (each for each in found if each.line == 2)
        assert (bad.reason is None) == (reason is None), (what, bad.reason)
        assert (reason or "") in (bad.reason or ""), (what, bad.reason)
        assert bad.text.strip() in ("", shown(between)), what


def test_an_element_has_the_namespaces_of_its_root() -> None:
    root = b"<n:r a=\"xmlns:a='urn:a'\" xmlns:n = \"urn:n\" b='\"'\nxmlns:z='urn:\r\nz>'>"
    good = b"<n:rtEvent type='o'><ctx><z:a>1</z:a></ctx></n:rtEvent>"
    found = list(xml_elements.read([root, good, b"<a:rtEvent/>\n</n:r>"]))
    assert [(each.line, json.loads(each.event)["ctx"] if each.event else each.reason) for each in found] == [
        (3, {"{urn: z>}a": "1"}),
        (3, "the element is not XML: line 3: unbound prefix"),
    ]


ENDLESS = [
    (b"<rtEvent>", b"<a>x</a>", b"</rtEvent>"),
    (b"<rtEvent>", b"<a>", b"</rtEvent>"),
    (b"<rtEvent>", b"x", b"</rtEvent>"),
    (b"<rtEvent>", b"</a>", b"</rtEvent>"),
    (b"<rtEvent a='", b"x", b"'/>"),
    (b"<rtEvent ", b"a='x' ", b"/>"),
    (b"<rtEvent><", b"x", b"/></rtEvent>"),
    (b"<rtEvent><![CDATA[", b"]<>", b"]]></rtEvent>"),
    (b"<!--", b"-<>", b"-->"),
    (b"<?", b"?x", b"?>"),
    (b"", b"  \n", b""),
    (b"", b"x", b""),
]
WHAT = ("element", "text between elements")


def test_a_piece_without_an_end_takes_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(xml_elements, "MAX_RECORD_BYTES", 10_000)
    for beginning, piece, end in ENDLESS:
        chunks = [b"<r>" + beginning, *[piece * (9_000 // len(piece))] * 25]
        tracemalloc.start()
        *bad, good = xml_elements.read(iter([*chunks, end, f"{GOOD}</r>".encode()]))
        assert tracemalloc.get_traced_memory()[1] < 150_000, (beginning, piece)
        tracemalloc.stop()
        assert good.reason is None
        assert {each.reason for each in bad} <= {f"the {what} has more than 10000 bytes" for what in WHAT}
        with pytest.raises(FileError, match=r"line \d+: what begins there has no end|ends before its root"):
            list(xml_elements.read(chunks))


def test_names_without_number_take_no_memory() -> None:
    """Of elements that are bad the names within are looked at, too."""
    bad = (b"<rtEvent><a%090d/>&</rtEvent>" % number for number in range(5_000))
    tracemalloc.start()
    reasons = {each.reason is None for each in xml_elements.read(chain([b"<r>"], bad, [b"</r>"]))}
    assert tracemalloc.get_traced_memory()[1] < 300_000
    tracemalloc.stop()
    assert reasons == {False}


TEXTS = st.text(st.sampled_from("a é&<>'\"\n]-?/"), max_size=6)
NAMES = st.sampled_from(["rtEvent", "batchEvent", "ctx", "a", "é", "n:rtEvent"])
LEAVES = (
    TEXTS
    | st.builds(lambda text: etree.Comment(text.replace("-", "")), TEXTS)
    | st.builds(lambda text: etree.PI("x", text.replace("?", "").strip()), TEXTS)
)


def element(name: str, value: str, children: list[object]) -> etree._Element:
    made = etree.Element(name.replace("n:", "{urn:n}"), {"a": value}, nsmap={"n": "urn:n"})
    for child in children:
        if not isinstance(child, str):
            made.append(child)  # type: ignore[arg-type]
        elif len(made):
            made[-1].tail = (made[-1].tail or "") + child
        else:
            made.text = (made.text or "") + child
    return made


TREES = st.recursive(
    st.builds(element, NAMES, TEXTS, st.just([])),
    lambda trees: st.builds(element, NAMES, TEXTS, st.lists(trees | LEAVES, max_size=4)),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(trees=st.lists(TREES, max_size=4), size=st.sampled_from([1, 5, 1000]))
def test_what_is_good_is_cut_as_a_parser_cuts_it(trees: list[etree._Element], size: int) -> None:
    root = element("n:events", "<>", list(trees))
    text = etree.tostring(root, encoding="utf-8", xml_declaration=True)
    begin, end = b"<r xmlns:n='urn:n'>", b"</r>"
    found = [
        begin + bytes(piece.content or b"") + end for piece in Pieces(MAX_RECORD_BYTES, ()).of(in_chunks(text, size))
    ]
    assert [canonical(etree.fromstring(each)[0]) for each in found[1:]] == [canonical(each) for each in root]


def canonical(element: etree._Element) -> bytes:
    return etree.tostring(element, method="c14n", exclusive=True, with_tail=False)
