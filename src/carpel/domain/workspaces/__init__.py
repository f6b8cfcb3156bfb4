"""Workspaces: a Braze workspace, a Batch project, a SendGrid account."""

from .model import Workspace
from .service import Workspaces

__all__ = ["Workspace", "Workspaces"]
