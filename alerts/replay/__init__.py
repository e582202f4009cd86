"""What rules and policies make of readings that are already there: over a file of years, and over what is stored.

Guards: nothing is written; the same readings, in the order in which they arrived, give the same findings again.
"""
