"""The rules of SQL here, checked with PostgreSQL's own parser."""
