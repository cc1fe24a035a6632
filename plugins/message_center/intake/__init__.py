"""
The doors through which events come in from systems that open no PostgreSQL session: one ASGI process of its own.

Every door ends in ``push_events`` of an execution instance; none of them knows more of an event than that.
"""
