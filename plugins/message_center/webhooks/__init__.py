"""Webhooks: what becomes of events, told by HTTP to those who want to know, by the Standard Webhooks convention."""
