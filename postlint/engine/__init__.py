"""Runs the rules; plans, verifies and applies their fixes."""
