"""Words: how two transcripts are made comparable, and how they differ."""
