"""Objectives and what they are spent on: latency budgets today, SLIs later."""
