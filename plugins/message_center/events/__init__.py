"""What people do with events and their archive: search, the story of one, acts, quarantine, templates, reports."""
