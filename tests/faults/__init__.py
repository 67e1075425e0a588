"""What becomes of the files when `postlint fix` is killed, the disk fails, or somebody else writes at the same time."""
