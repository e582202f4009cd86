"""Signing in, step by step, and looking after one's own and others' accounts."""
