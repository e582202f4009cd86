"""Residents: how they are added, put right, moved, held, kept and erased."""
