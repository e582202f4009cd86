"""Kits and what they send: vital signs, readings, ids, topics, the kit sheet and the gateway."""
