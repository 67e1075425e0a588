"""The tables themselves; SOURCES.md says where each comes from."""
