"""The store-and-forward client that runs beside the instruments.

Invariant: a reading that was put into the outbox stays there until the platform's receipt for it, whatever
the network, the broker or the power do.
"""
