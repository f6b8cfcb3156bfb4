"""SendGrid's door: its Marketing Campaigns API as contract and recordings have it."""

from .context import Manners
from .door import SendGridDoor

__all__ = ["Manners", "SendGridDoor"]
