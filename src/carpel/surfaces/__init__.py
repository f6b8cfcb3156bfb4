"""The doors: one for each vendor, one of our own. They translate; they do not think."""
