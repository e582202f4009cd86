"""The pages, rendered on the server; each works after a plain reload."""
