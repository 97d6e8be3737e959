"""superpos: toy models of superposition as pure JAX functions, swept in one compiled program."""

__version__ = "0.1.0"
