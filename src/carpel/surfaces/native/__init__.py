"""Carpel's own API, under /api/v1, and the way in for analytics SDKs at /v1.

Nothing is imported here: a process beside the server wants little of it.
"""
