"""
Write ``events.jsonl``, the sample events of ``make demo``: the same file each time.

    python include/samples/generate.py

A line holds one event with what it needs and where it should end:

- ``account`` and ``queue``: where it is pushed;
- ``event``: what is pushed;
- ``expected``: the status it ends in, or ``refused`` when intake refuses it;
- ``scheduled_in`` and ``expires_in``: seconds from the push, which become ``scheduled`` and ``expiration``;
- ``in_quarantine``: its address is put in quarantine beforehand.
"""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

FILE = Path(__file__).with_name("events.jsonl")
SEED = 1242
SHOP = "https://shop.example.com"

FIRST_NAMES = "Marie Jean Élodie Hugo Chloé Ann John Søren Zoë Maya Luca Björn Nora Ivo Amélie Tom Priya Owen Inès Max"
LAST_NAMES = "Dupont Martin Lefèvre Smith O'Neill García Müller Rossi Novák Jensen Brown Patel Moreau Okafor Weiss"
GOODS = [
    ("Coffee grinder", "Moulin à café", 8990),
    ("French press, 1 l", "Cafetière à piston, 1 l", 3450),
    ("Linen apron", "Tablier en lin", 2800),
    ("Tea towel <blue & white>", "Torchon <bleu & blanc>", 950),
    ("Cast-iron pan, 28 cm", "Poêle en fonte, 28 cm", 6400),
    ("Oak cutting board", "Planche à découper en chêne", 4275),
    ("Set of 6 glasses", "Lot de 6 verres", 2190),
]
CITIES = {"en": [("Leeds", "GB"), ("Cork", "IE"), ("Austin", "US")], "fr": [("Lyon", "FR"), ("Liège", "BE")]}

Sample = dict[str, Any]
dice = random.Random(SEED)


def person(number: int, domain: str = "example.com") -> dict[str, str]:
    first, last = dice.choice(FIRST_NAMES.split()), dice.choice(LAST_NAMES.split())
    plain = unicodedata.normalize("NFKD", f"{first}.{last}".replace("'", "").replace("ø", "o"))
    local = plain.encode("ascii", "ignore").decode().lower()
    return {"first_name": first, "last_name": last, "email": f"{local}.{number}@{domain}"}


def money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def order(number: int, language: str) -> dict[str, Any]:
    city, country = dice.choice(CITIES[language])
    lines = [(name, price, dice.randint(1, 3)) for *name, price in dice.sample(GOODS, dice.randint(1, 4))]
    items = [
        {"name": name[language == "fr"], "quantity": quantity, "price": money(price)} for name, price, quantity in lines
    ]
    total = sum(price * quantity for _, price, quantity in lines)
    return {
        "number": str(100_000 + number),
        "date": f"2026-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}",
        "items": items,
        "total": money(total),
        "currency": "EUR" if country not in ("GB", "US") else {"GB": "GBP", "US": "USD"}[country],
        "address": {
            "street": f"{dice.randint(1, 120)} {'rue du Lac' if language == 'fr' else 'Mill Lane'}",
            "city": city,
        },
        "country": country,
        "url": f"{SHOP}/{language}/orders/{100_000 + number}",
    }


def order_confirmation(number: int, language: str) -> dict[str, Any]:
    return {"order": order(number, language)}


def shipping_notice(number: int, language: str) -> dict[str, Any]:
    tracking = f"PX{dice.randint(10**8, 10**9 - 1)}"
    parcel = {
        "carrier": dice.choice(["Parcel Express", "Colis Rapide"]),
        "tracking_number": tracking,
        "tracking_url": f"https://parcels.example.com/{tracking}",
        "expected_on": f"2026-12-{dice.randint(1, 24):02}",
    }
    bought = order(number, language)
    return {"order": {name: bought[name] for name in ("number", "country", "url")}, "shipment": parcel}


def password_reset(number: int, language: str) -> dict[str, Any]:
    token = f"{dice.getrandbits(96):024x}"
    return {"reset": {"url": f"{SHOP}/{language}/reset/{token}", "valid_minutes": dice.choice([15, 30, 60])}}


def invoice_ready(number: int, language: str) -> dict[str, Any]:
    bought = order(number, language)
    invoice = {
        "number": f"F-2026-{number:05}",
        "amount": bought["total"],
        "currency": bought["currency"],
        "due_on": f"2027-01-{dice.randint(1, 28):02}",
        "url": f"{SHOP}/{language}/invoices/F-2026-{number:05}",
    }
    return {"order": {name: bought[name] for name in ("number", "country", "url")}, "invoice": invoice}


def newsletter_signup(number: int, language: str) -> dict[str, Any]:
    return {"list": "weekly"}


TYPES: dict[str, Callable[[int, str], dict[str, Any]]] = {
    "order_confirmation": order_confirmation,
    "shipping_notice": shipping_notice,
    "password_reset": password_reset,
    "invoice_ready": invoice_ready,
}


def sample(number: int, kind: str | None = None, domain: str = "example.com", **more: Any) -> Sample:
    kind = kind or dice.choices(list(TYPES), [5, 3, 2, 2])[0]
    language = dice.choices(["en", "fr"], [3, 2])[0]
    customer = person(number, domain)
    ctx = {**{**TYPES, "newsletter_signup": newsletter_signup}[kind](number, language), "customer": customer}
    # Invoices go out in batches; the rest is awaited by someone.
    queue = "batch" if kind in ("invoice_ready", "newsletter_signup") or dice.random() < 0.15 else "rt"
    event = {
        "type": kind,
        "email": customer["email"],
        "external_id": f"{kind}-{number:05}",
        "origin": "shop",
        "language": language,
        "country": ctx.get("order", {}).get("country", "FR" if language == "fr" else "GB"),
        "email_format": dice.choices([0, 1, 2], [3, 1, 6])[0],
        "ctx": ctx,
    }
    account = dice.choice(["mcExec1", "mcExec2"])
    return {"account": account, "queue": queue, "expected": "Sent", "event": event, **more}


def spoilt(number: int) -> Sample:
    """An event that intake refuses, each third for a reason of its own."""
    bad = sample(number, expected="refused")
    if number % 3 == 0:
        bad["event"]["email"] = "marie.dupont at example.com"
    elif number % 3 == 1:
        del bad["event"]["ctx"]
    else:
        bad["event"]["scheduled"] = "next Friday"
    return bad


def samples() -> Iterator[Sample]:
    numbers = iter(range(1, 10_000))
    kinds: list[tuple[int, Callable[[int], Sample]]] = [
        (940, sample),
        (60, lambda n: sample(n, scheduled_in=dice.randint(3, 15))),
        (60, lambda n: sample(n, kind="newsletter_signup", expected="Event not taken into account")),
        (50, lambda n: sample(n, expires_in=-dice.randint(60, 86_400), expected="Expired")),
        (40, lambda n: sample(n, domain="refused.example", expected="Delivery failed")),
        (40, lambda n: sample(n, in_quarantine=True, expected="Ignored by the delivery")),
        (10, lambda n: sample(n, domain="busy.example")),
        (12, spoilt),
    ]
    for count, make in kinds:
        yield from map(make, islice(numbers, count))


if __name__ == "__main__":
    made = list(samples())
    dice.shuffle(made)
    FILE.write_text("".join(json.dumps(line, ensure_ascii=False) + "\n" for line in made), encoding="utf-8")
