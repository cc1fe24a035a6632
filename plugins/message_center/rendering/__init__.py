"""From a template and an event to a message."""
