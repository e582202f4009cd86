"""Replays and evaluations from the command line: files in, tables, JSON and pictures out.

Guards: nothing is written but what was asked for by name; what could not be read is counted and said.
"""
