"""Ingest: every reading comes through one door, and nothing is acknowledged before it is durably stored."""
