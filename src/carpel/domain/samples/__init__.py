"""Samples: a segment's size and some of its members as they were at a scheduled moment.

For whoever wants to work with counts that are not of now: their age, and how they come about.
"""

from .model import Refreshes, Sample, TooOften
from .service import MOST_A_DAY, Samples

__all__ = ["MOST_A_DAY", "Refreshes", "Sample", "Samples", "TooOften"]
