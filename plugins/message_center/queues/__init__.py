"""Windows: how a workflow works a queue, and what each one does in it."""
