"""What is made up at random and must be refused in one line: configs, and every kind of file."""
