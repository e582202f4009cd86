"""What rules and policies make of readings that are already there, in a file of years or in the database.

Guards: nothing is written. The same readings, in the same order of arrival, give the same findings again.
"""
