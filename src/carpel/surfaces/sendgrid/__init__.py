"""SendGrid's door: its Marketing Campaigns API as contract and recordings have it."""

from .door import SendGridDoor

__all__ = ["SendGridDoor"]
