"""How many labels values take, and what names lose, where concepts share few hidden units."""
