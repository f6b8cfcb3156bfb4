"""The cellar: what is durable. One process writes, many read."""
