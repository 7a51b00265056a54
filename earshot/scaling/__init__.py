"""How many machines, and what they cost."""
