"""The channels: their codes, their names in a template's settings, and the field with the address of each."""

from __future__ import annotations

CHANNELS = {"email": 0, "mobile": 1, "ios": 41, "android": 42}
EMAIL = CHANNELS["email"]
ADDRESS_FIELDS = {0: "email", 1: "mobile_phone", 41: "registration_token", 42: "registration_token"}
