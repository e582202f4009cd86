"""Rules beside the score, each switched on by a hub's policy and off where it says nothing of them.

Guards: they add findings and take none away; what they rest on is said, with how much of it there was.
"""
