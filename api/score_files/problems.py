"""The error for a file that cannot be scored.

Guards: it is one sentence that says what to mend.
"""


class FileError(ValueError):
    """The file as a whole cannot be read or written."""

    exit_code = 2  # the status of a usage error
