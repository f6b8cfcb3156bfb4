"""History: how segments' sizes went."""

from .adoption import adopt_sizes
from .calendars import zone_of
from .model import INTERVALS, Interval, Stretch
from .service import History

__all__ = ["INTERVALS", "History", "Interval", "Stretch", "adopt_sizes", "zone_of"]
