"""Chen et al. 2023, Dynamical versus Bayesian Phase Transitions in a Toy Model of Superposition."""
