"""Message templates as their authors write them: reading, checking, looking at them, trying them out."""
