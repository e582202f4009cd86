"""What a kit is and says: vital signs, readings, ids, topics, kits and the gateway they send through."""
