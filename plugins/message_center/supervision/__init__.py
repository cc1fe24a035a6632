"""Looking at all instances, and telling people when something changes."""
