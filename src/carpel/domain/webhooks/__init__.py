"""Webhooks: changes of membership, pushed."""

from .model import Attempt, Sender, Webhook
from .service import Webhooks

__all__ = ["Attempt", "Sender", "Webhook", "Webhooks"]
