"""The envelope around a call and its answer, in exactly the prefixes that clients over there look for."""

from __future__ import annotations

import re
from itertools import starmap
from typing import NamedTuple
from xml.etree.ElementTree import Element
from xml.sax.saxutils import escape

from starlette.requests import Request

from message_center.intake.problems import ProblemError
from message_center.intake.soap.methods import Method, find
from message_center.intake.soap.xml import local, text_of

_HEAD = (
    "<?xml version='1.0' encoding='UTF-8'?>"
    "<SOAP-ENV:Envelope xmlns:xsd='http://www.w3.org/2001/XMLSchema'"
    " xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns:ns='http://xml.apache.org/xml-soap'"
    " xmlns:SOAP-ENV='http://schemas.xmlsoap.org/soap/envelope/'><SOAP-ENV:Body>"
)
_TAIL = "</SOAP-ENV:Body></SOAP-ENV:Envelope>"
_LITERAL = "SOAP-ENV:encodingStyle='http://xml.apache.org/xml-soap/literalxml'"
_ENCODED = "SOAP-ENV:encodingStyle='http://schemas.xmlsoap.org/soap/encoding/'"
# What XML 1.0 cannot say, not even escaped.
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_ACTION = re.compile(r'action\s*=\s*"?([^";,\s]+)', re.IGNORECASE)
SESSION_TOKEN = "sessiontoken"


class Call(NamedTuple):
    """
    A call, with its parameters by position.

    :param schema: the one that was called, which the answer names.
    :param is_large: whether to read its parameters may take long.
    """

    schema: str
    method: Method
    session_token: str
    parameters: list[Element]
    is_large: bool = False

    def parameter(self, position: int) -> Element:
        """
        Return a parameter.

        :raises ProblemError: if there are fewer.
        """
        if position >= len(self.parameters):
            name = self.method.takes[position][0]
            raise ProblemError(400, "A parameter is missing", f"{self.method.name} takes {name}.", "Send it.")
        return self.parameters[position]


def read_call(request: Request, root: Element, is_large: bool = False) -> Call:
    """
    Return the call in an envelope.

    :raises ProblemError: if there is none, or of a method that there is not.
    """
    called = _in_body(root)
    if called is None:
        raise ProblemError(400, "The document is no SOAP call", remedy="Send an Envelope with one call in its Body.")
    schema, name = _called(request, called)
    method = find(schema, name)
    if method is None:
        raise ProblemError(400, "There is no such method", remedy="See the WSDL for what there is.")
    parameters = list(called)
    token = text_of(parameters.pop(0)) if _has_token(method, parameters) else ""
    return Call(schema, method, token, parameters, is_large)


def _in_body(root: Element) -> Element | None:
    if local(root) == "Envelope":
        for each in root:
            if local(each) == "Body":
                return each[0] if len(each) == 1 else None
    return None


def _has_token(method: Method, parameters: list[Element]) -> bool:
    """Tell whether the first parameter is the session token: it is, but from those who leave it to a header."""
    return len(parameters) > len(method.takes) or (
        len(parameters) > 0 and local(parameters[0]).lower() == SESSION_TOKEN
    )


def _called(request: Request, element: Element) -> tuple[str, str]:
    """Return schema and method: from the action, wherever it stands, else from the element's own name."""
    namespace, _, called = element.tag.removeprefix("{").rpartition("}")
    for action in _actions(request):
        schema, _, name = action.strip().strip('"').removeprefix("urn:").rpartition("#")
        if schema and name == called:
            return schema, name
    return namespace.removeprefix("urn:"), called


def _actions(request: Request) -> list[str]:
    actions = []
    if action := request.headers.get("soapaction"):
        actions.append(action)
    content_type = request.headers.get("content-type", "")
    if "=" in content_type and (found := _ACTION.search(content_type)):
        actions.append(found[1])
    if request.scope["query_string"]:
        actions += [value for name, value in request.query_params.multi_items() if name.lower() == "soapaction"]
    return actions


def answer(call: Call, *values: str) -> str:
    """Return the answer to a call: its values in the order of the method's, texts as they are and elements as XML."""
    parts = "".join(starmap(_value, zip(call.method.gives, values, strict=True)))
    name = f"{call.method.name}Response"
    schema = call.schema if call.schema == call.method.schema else escape(call.schema)
    return f"{_HEAD}<{name} xmlns='urn:{schema}' {_ENCODED}>{parts}</{name}>{_TAIL}"


def _value(given: tuple[str, str], value: str) -> str:
    name, kind = given
    if kind in ("element", "document"):
        return f"<{name} xsi:type='ns:Element' {_LITERAL}>{value}</{name}>"
    return f"<{name} xsi:type='xsd:{kind}'>{value if value.isdecimal() else fit(value)}</{name}>"


def fault(problem: ProblemError, code: str = "SOAP-ENV:Client") -> str:
    """Return a problem as a fault, its remedy in the detail."""
    words = f"{problem.title}: {problem.detail}" if problem.detail else problem.title
    return (
        f"{_HEAD}<SOAP-ENV:Fault><faultcode>{code}</faultcode>"
        f"<faultstring xsi:type='xsd:string'>{fit(words)}</faultstring>"
        f"<detail xsi:type='xsd:string'>{fit(problem.remedy)}</detail></SOAP-ENV:Fault>{_TAIL}"
    )


def fit(text: str) -> str:
    """Return a text as XML can have it, in an element or in an attribute."""
    return escape(_UNFIT.sub("?", text), {'"': "&quot;", "'": "&apos;"})
