"""From audio to words: recognisers behind one interface."""
