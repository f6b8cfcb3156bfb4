"""Carpel: the open, self-hosted audience segmentation server."""

from importlib.metadata import version

__version__ = version("carpel")
