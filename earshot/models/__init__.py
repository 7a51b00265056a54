"""Weights as artefacts: named, pinned by digest, licensed, fetched and verified."""
