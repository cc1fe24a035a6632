"""E-mail addresses of all scripts, in the form in which servers take them."""

from __future__ import annotations

from email.headerregistry import Address

import idna


def on_the_wire(address: str) -> str:
    """
    Return an address with its domain as servers know it: ``zoe@bücher.example`` is ``zoe@xn--bcher-kva.example``.

    A name before the ``@`` that is not ASCII has no such form: it needs a server with SMTPUTF8 (RFC 6531).

    :raises ValueError: if it is none, or its domain cannot be one.
    """
    name, _, domain = address.rpartition("@")
    if not (name and domain):
        raise ValueError("a part is missing")
    if not domain.isascii():
        try:
            domain = idna.encode(domain, uts46=True).decode("ascii")
        except idna.IDNAError as error:
            raise ValueError("the domain is none") from error
    if name.isascii():
        return str(Address(addr_spec=f"{name}@{domain}"))
    if not all(part and all(_is_of_a_name(c) for c in part) for part in name.split(".")):
        raise ValueError("the part before the @ is none")
    # The domain's own form is checked with a name that is plain.
    return f"{name}@{Address(addr_spec=f'x@{domain}').domain}"


def _is_of_a_name(character: str) -> bool:
    if character.isascii():
        return character.isalnum() or character in "!#$%&'*+-/=?^_`{|}~"
    return not character.isspace()
