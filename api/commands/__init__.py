"""The commands of an operator or an analyst, a file for each subject."""
