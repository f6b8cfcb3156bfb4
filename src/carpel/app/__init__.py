"""Assembly: settings to a running service. The only room that knows all others."""
