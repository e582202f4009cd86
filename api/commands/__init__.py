"""What an operator or an analyst does from a terminal, a file for each subject."""
