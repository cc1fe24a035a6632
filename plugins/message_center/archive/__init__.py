"""Bringing what execution instances did into the control instance's archive."""
