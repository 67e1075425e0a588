"""Rendering: text, JSON and unified diffs."""
