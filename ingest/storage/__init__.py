"""The rows of readings: their identity, their numbering, what is current, and who may ask for them."""
