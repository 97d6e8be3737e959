"""Five features in two dimensions, from dense to sparse.

Source: Elhage et al. 2022, Toy Models of Superposition, introduction: two orthogonal features, then
two antipodal pairs, then a pentagon.
"""
