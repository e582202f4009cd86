"""The one door every reading comes through: nothing is acknowledged before it is durably stored."""
