"""How many labels tell which of all sets of names a pointer means."""
