"""A simulated neighbourhood: residents, carers and kits that know only what a real kit knows."""
