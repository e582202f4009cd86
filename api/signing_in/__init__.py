"""What somebody does to get in and to keep in: each step of signing in, and their own and others' accounts."""
