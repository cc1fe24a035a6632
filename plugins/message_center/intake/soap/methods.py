"""
The methods of the door, in one table: WSDL clients and the JavaScript SDK are told of them from it.

Parameters go by their position. Both kinds of clients get their names from us, and send them as they like.
"""

from __future__ import annotations

from dataclasses import dataclass
from xml.sax.saxutils import escape, quoteattr

SOAP = "http://schemas.xmlsoap.org/wsdl/soap/"
ENTITY_SCHEMA = "xtk:schema"

# Of a parameter: what WSDL and what the SDK's schema call its type.
_TYPES = {
    "string": ("xsd:string", "string"),
    "boolean": ("xsd:boolean", "boolean"),
    "long": ("xsd:long", "int64"),
    "element": ("tns:Element", "DOMElement"),
    "document": ("tns:Element", "DOMDocument"),
}


@dataclass(frozen=True)
class Method:
    """
    A method.

    :param takes: the names and types of its parameters, after the session token; WSDL's and the SDK's names.
    :param gives: those of its answer.
    :param is_static: whether the SDK calls it without an object, which else is its first parameter.
    """

    schema: str
    name: str
    takes: tuple[tuple[str, str, str], ...]
    gives: tuple[tuple[str, str], ...]
    is_static: bool = True


def _events(schema: str) -> tuple[Method, ...]:
    return (
        Method(schema, "PushEvent", (("domEvent", "event", "element"),), (("plId", "long"),)),
        Method(
            schema,
            "PushEvents",
            (("domEventCollection", "eventCollection", "element"),),
            (("pdomResults", "element"),),
        ),
    )


METHODS = (
    *_events("nms:rtEvent"),
    *_events("nms:batchEvent"),
    Method(
        "xtk:session",
        "Logon",
        (
            ("strLogin", "login", "string"),
            ("strPassword", "password", "string"),
            ("elemParameters",) * 2 + ("element",),
        ),
        (("pstrSessionToken", "string"), ("pSessionInfo", "document"), ("pstrSecurityToken", "string")),
    ),
    Method("xtk:session", "Logoff", (), ()),
    Method(
        "xtk:persist",
        "GetEntityIfMoreRecent",
        (("strPk", "pk", "string"), ("strMd5", "md5", "string"), ("bMustExist", "mustExist", "boolean")),
        (("pdomDoc", "document"),),
    ),
    Method("xtk:queryDef", "ExecuteQuery", (("entity", "entity", "element"),), (("pdomOutput", "element"),), False),
)
SCHEMAS = tuple(dict.fromkeys(method.schema for method in METHODS))
_BY_NAME = {(method.schema, method.name): method for method in METHODS}


def find(schema: str, name: str) -> Method | None:
    """Return the method of a schema; ``xtk:persist|nms:rtEvent`` means the first one's."""
    return _BY_NAME.get((schema.partition("|")[0], name))


def schema_xml(schema: str) -> str:
    """Return a schema as the SDK reads it: its methods, and for events the names of their attributes."""
    namespace, _, name = schema.partition(":")
    methods = "".join(_method_xml(method) for method in METHODS if method.schema == schema)
    kind = f"entitySchema={quoteattr(ENTITY_SCHEMA)} xtkschema={quoteattr(ENTITY_SCHEMA)}"
    return (
        f"<schema {kind} namespace={quoteattr(namespace)} name={quoteattr(name)}>"
        f"<element name={quoteattr(name)}/><methods>{methods}</methods></schema>"
    )


def _method_xml(method: Method) -> str:
    # The object of a method that is not static is sent without being named.
    takes = "".join(
        f"<param name={quoteattr(theirs)} type={quoteattr(_TYPES[kind][1])}/>"
        for _, theirs, kind in (method.takes if method.is_static else ())
    )
    gives = "".join(
        f'<param name={quoteattr(name)} type={quoteattr(_TYPES[kind][1])} inout="out"/>' for name, kind in method.gives
    )
    static = ' static="true"' if method.is_static else ""
    return f"<method name={quoteattr(method.name)}{static}><parameters>{takes}{gives}</parameters></method>"


def wsdl(schema: str, address: str) -> str:
    """
    Return the WSDL of a schema: document/literal, its elements qualified.

    :param address: of the router.
    """
    methods = [method for method in METHODS if method.schema == schema]
    name = schema.partition(":")[2]
    types = "".join(_types_of(method) for method in methods)
    messages = "".join(_messages_of(method) for method in methods)
    operations = "".join(_operation_of(method) for method in methods)
    bindings = "".join(_binding_of(method) for method in methods)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<definitions xmlns="http://schemas.xmlsoap.org/wsdl/" xmlns:soap="{SOAP}" xmlns:tns="urn:{schema}"
    xmlns:xsd="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:{schema}">
<types><xsd:schema targetNamespace="urn:{schema}" elementFormDefault="qualified">
<xsd:complexType name="Element" mixed="true"><xsd:sequence>
<xsd:any namespace="##any" processContents="lax" minOccurs="0" maxOccurs="unbounded"/>
</xsd:sequence></xsd:complexType>
{types}</xsd:schema></types>
{messages}<portType name="{name}MethodsSoap">{operations}</portType>
<binding name="{name}MethodsSoap" type="tns:{name}MethodsSoap">
<soap:binding style="document" transport="http://schemas.xmlsoap.org/soap/http"/>{bindings}</binding>
<service name="{name}MethodsService"><port name="{name}MethodsSoap" binding="tns:{name}MethodsSoap">
<soap:address location={quoteattr(address)}/></port></service>
</definitions>
"""


def _types_of(method: Method) -> str:
    # None of them has to be there for a client to send the call: what is missing, we say ourselves.
    takes = "".join(
        _part(name, kind, ' minOccurs="0"') for name, _, kind in (("sessiontoken", "", "string"), *method.takes)
    )
    gives = "".join(_part(name, kind) for name, kind in method.gives)
    return _element(method.name, takes) + _element(f"{method.name}Response", gives)


def _part(name: str, kind: str, occurs: str = "") -> str:
    return f'<xsd:element name="{escape(name)}" type="{_TYPES[kind][0]}"{occurs}/>'


def _element(name: str, parts: str) -> str:
    return (
        f'<xsd:element name="{name}"><xsd:complexType><xsd:sequence>{parts}</xsd:sequence></xsd:complexType>'
        "</xsd:element>\n"
    )


def _messages_of(method: Method) -> str:
    return "".join(
        f'<message name="{method.name}{way}"><part name="parameters" element="tns:{method.name}{element}"/></message>\n'
        for way, element in (("In", ""), ("Out", "Response"))
    )


def _operation_of(method: Method) -> str:
    name = method.name
    return f'<operation name="{name}"><input message="tns:{name}In"/><output message="tns:{name}Out"/></operation>'


def _binding_of(method: Method) -> str:
    body = '<soap:body use="literal"/>'
    return (
        f'<operation name="{method.name}"><soap:operation soapAction="{method.schema}#{method.name}" style="document"/>'
        f"<input>{body}</input><output>{body}</output></operation>"
    )
