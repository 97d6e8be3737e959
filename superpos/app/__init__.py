"""What runs experiments: the command line, the checks of a config, claims, pages and plots."""
