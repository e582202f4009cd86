"""The desks: pages rendered on the server, each working after a plain reload."""
