"""Property tests have no deadline: a loaded machine is not a fault."""

from hypothesis import settings

settings.register_profile("book", deadline=None)
settings.load_profile("book")
