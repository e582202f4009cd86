"""The processes that keep running, and what must be right before one starts."""
