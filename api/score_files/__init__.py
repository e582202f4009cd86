"""Score files of observations: each row keeps its cells and gains NEWS2 with its bounds.

Guards: a cell that cannot be read is unknown and reported. It is never guessed, and its row goes on.
"""

from api.score_files.job import Tally, score_file
from api.score_files.problems import FileError

__all__ = ["FileError", "Tally", "score_file"]
