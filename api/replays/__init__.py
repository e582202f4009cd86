"""Replays and evaluations from the command line: files in; tables, JSON and pictures out.

Guards: only what was asked for by name is written. What could not be read is counted and reported.
"""
