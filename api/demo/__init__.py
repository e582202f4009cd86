"""The whole of Hearthwatch on one machine, in one terminal, with a simulated neighbourhood.

Guards: it runs the same processes, schema and roles as an installation.
"""
