from earshot.bench.clips import clips  # noqa: F401
