"""What takes messages from the broker: its connection, its share of the kits, its batches and its answers."""
