"""The whole of Hearthwatch on one machine, in one terminal, with a simulated neighbourhood.

Guards: the same processes, schema and roles as the real thing; nothing in it is pretended.
"""
