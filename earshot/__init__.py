"""Earshot: a small real-time speech service, built in the book."""

from earshot.models.coldstart import PROCESS

PROCESS.mark("interpreter")
