"""The engine room: from a finished plan to exact membership."""
