"""The fault campaign: copies of the real book, each with something wrong in it."""
