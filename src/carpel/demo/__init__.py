"""Generated, plausible data to look at."""
