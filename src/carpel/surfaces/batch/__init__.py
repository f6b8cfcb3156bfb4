"""Batch's door: its REST API as the contract has it."""

from .door import BatchDoor

__all__ = ["BatchDoor"]
