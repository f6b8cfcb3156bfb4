"""Jobs: work that outlives the request that asked for it, restarts of the server included."""

from .model import Cancelled, Job, State
from .service import Jobs
from .work import Work

__all__ = ["Cancelled", "Job", "Jobs", "State", "Work"]
