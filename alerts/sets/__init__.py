"""Observation sets: composed from readings over time, scored, and stored."""
