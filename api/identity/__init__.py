"""Accounts, credentials and sessions, and the throttle that slows down guessing."""
