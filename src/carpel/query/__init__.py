"""The study: from text or JSON to a checked meaning, and from there to a plan."""
