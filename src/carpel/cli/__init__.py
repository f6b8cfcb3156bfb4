"""The front desk: one file for each command."""
