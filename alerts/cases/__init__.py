"""Escalations as cases: findings join them, a hub's desk claims, answers and closes them."""
