"""Linear against ReLU models from dense to sparse features.

Source: Elhage et al. 2022, Toy Models of Superposition, "Demonstrating Superposition".
"""
