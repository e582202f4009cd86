"""Who somebody is here: accounts and what they are known by, sessions, and the slowing down of who guesses."""
