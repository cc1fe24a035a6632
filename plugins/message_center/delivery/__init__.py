"""The first delivery engine: e-mail."""
