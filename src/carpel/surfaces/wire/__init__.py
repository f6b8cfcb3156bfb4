"""What the doors share of HTTP. It knows no noun of the product and no vendor."""
