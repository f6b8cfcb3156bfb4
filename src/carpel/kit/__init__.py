"""The toolbox: clock, ids, numbers, instants, cursors. No product nouns live here."""
