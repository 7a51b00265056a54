"""What Earshot costs and how late it is, measured and simulated."""
