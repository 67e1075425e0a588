"""What Postfix and the world are like: tables with sources, and their shapes. Nothing here knows any configuration."""
