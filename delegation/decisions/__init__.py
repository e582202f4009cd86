"""What somebody decided for one resident, for how long, and on whose authority."""
