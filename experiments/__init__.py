"""The papers and questions: a folder for each, in it one for each experiment."""
