"""The long-running processes, and what must be right before one starts."""
