"""Numbered SQL files and their runner: the schema is exactly the sum of these files, in order."""
