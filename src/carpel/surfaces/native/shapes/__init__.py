"""The JSON of the own API's objects."""

from .catalogue import Field, Job, Key, List, Workspace
from .contacts import Accepted, Contact, Member, Members, SegmentOf
from .feed import Change, ChangeLine, Changes, Delivery, Webhook
from .pages import Page, Problem
from .segments import (
    Clause,
    Count,
    DefinitionChange,
    Explanation,
    Overlap,
    Overlaps,
    Preview,
    Segment,
    Series,
    Stretch,
    User,
    Verified,
    Version,
    Why,
)
from .words import instant

__all__ = [
    "Accepted",
    "Change",
    "ChangeLine",
    "Changes",
    "Clause",
    "Contact",
    "Count",
    "DefinitionChange",
    "Delivery",
    "Explanation",
    "Field",
    "Job",
    "Key",
    "List",
    "Member",
    "Members",
    "Overlap",
    "Overlaps",
    "Page",
    "Preview",
    "Problem",
    "Segment",
    "SegmentOf",
    "Series",
    "Stretch",
    "User",
    "Verified",
    "Version",
    "Webhook",
    "Why",
    "Workspace",
    "instant",
]
