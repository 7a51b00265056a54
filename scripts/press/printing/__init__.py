"""The parts of the PDF writer: pages, matter around them, fonts, cover, tags."""
