"""What `make soak` runs: the fault tests at full length, and a long load on the real parts with everything going wrong.

Invariant: it ends by itself, and what it claims is compared as sets, reading by reading.
"""
