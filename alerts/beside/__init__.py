"""Rules beside the score; each is off unless the hub's policy switches it on.

Guards: these rules add findings and take none away. Each sentence says what it rests on, and on how much of
it.
"""
