"""What the text of main.cf and master.cf says: a lossless tree whose nodes tile the text. Parsing never fails."""
