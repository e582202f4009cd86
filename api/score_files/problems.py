"""Why a whole file cannot be scored.

Guards: what stops a file is one sentence that says what to mend.
"""


class FileError(ValueError):
    """The file as a whole cannot be read, or not be written."""

    exit_code = 2  # as of what is mistyped
