"""The living rooms: workspaces, keys, fields, contacts, events, lists, segments.

Three vendors' nouns become one here. Nothing in these rooms knows a vendor, a door, or HTTP.
"""
