"""The parts of the EPUB writer, from a captured page to the package."""
