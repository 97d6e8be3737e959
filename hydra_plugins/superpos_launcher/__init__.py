"""A Hydra launcher that hands all jobs of a multirun to the application at once."""
