"""Numbered SQL and its runner: the schema is exactly the sum of these files, in their order."""
