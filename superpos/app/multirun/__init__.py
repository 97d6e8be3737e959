"""All jobs of a Hydra multirun, trained in as few programs as they have shapes."""
