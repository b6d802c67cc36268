"""What templates ask for by themselves. Reads the database only where a page needs it."""
