"""Inlets: outside services that send a workspace's events by themselves, and sign what they send."""

from .model import Inlet
from .service import Inlets

__all__ = ["Inlet", "Inlets"]
