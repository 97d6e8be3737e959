"""Chen, Chen, Liu & Gore 2026, Superposition unifies power-law training dynamics."""
