"""Enrichment of events by Python callables, in a worker, for the event types that ask for it."""
