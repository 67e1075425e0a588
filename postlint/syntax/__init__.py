"""What the text of main.cf, master.cf and lookup tables says, losing nothing of it. Parsing never fails."""
