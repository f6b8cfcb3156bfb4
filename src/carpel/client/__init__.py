"""A small, typed client of the own API, sync and async, over the network or within the process."""

from . import models, requests
from .client import Client
from .inside import InsideTransport
from .waiting import AsyncClient
from .wire import ApiError, Unreachable

__all__ = [
    "ApiError",
    "AsyncClient",
    "Client",
    "InsideTransport",
    "Unreachable",
    "models",
    "requests",
]
