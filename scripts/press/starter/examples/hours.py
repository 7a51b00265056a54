"""Hours of days."""


# --8<-- [start:hours]
def hours(days: float) -> float:
    """The hours of `days` days."""
    return days * 24


# --8<-- [end:hours]
