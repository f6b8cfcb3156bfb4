"""Webhooks: changes of membership, pushed."""

from .model import Attempt, Delivered, Sender, Webhook
from .service import Webhooks

__all__ = ["Attempt", "Delivered", "Sender", "Webhook", "Webhooks"]
