"""Message templates as their authors write them: files, checks, previews and proofs."""
