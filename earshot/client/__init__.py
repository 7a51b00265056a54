"""The Python client: one session over as many connections as it takes."""
