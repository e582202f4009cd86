"""The gateway: the store-and-forward client that runs beside the instruments.

Guards: a reading in the outbox stays there until the platform's receipt for it arrives, whatever happens to the
network, the broker or the power.
"""
