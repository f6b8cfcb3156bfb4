"""The live engine: what every segment asks of every contact, kept as bits in memory.

A change touches contacts; their bits are worked out again, all segments follow from the bits in a
few array operations, and what flips is told. It shares nothing with the recompute but the plan and
the stored data.
"""
