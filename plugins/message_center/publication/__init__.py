"""Publication of message templates: from the control instance to every execution instance."""
