"""A small client of the own API, over the network or within the process."""

from .client import ApiError, Client, Unreachable
from .inside import InsideTransport

__all__ = ["ApiError", "Client", "InsideTransport", "Unreachable"]
