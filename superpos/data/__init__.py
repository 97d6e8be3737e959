"""Sources: data distributions with known ground truth."""

from superpos.data import magnitudes as magnitudes
from superpos.data.activations import activations as activations
from superpos.data.copula import gaussian_copula as gaussian_copula
from superpos.data.directions import orthogonalised as orthogonalised
from superpos.data.directions import orthonormal as orthonormal
from superpos.data.elementwise import elementwise as elementwise
from superpos.data.embedded import embedded as embedded
from superpos.data.examples import examples as examples
from superpos.data.family import family as family
from superpos.data.finite import Sampling as Sampling
from superpos.data.finite import finite as finite
from superpos.data.finite import sampled as sampled
from superpos.data.geometric import geometric as geometric
from superpos.data.hierarchy import hierarchy as hierarchy
from superpos.data.labelled import labelled as labelled
from superpos.data.one_sparse import identity as identity
from superpos.data.one_sparse import one_sparse as one_sparse
from superpos.data.random_copula import random_copula as random_copula
from superpos.data.sets import anticorrelated_sets as anticorrelated_sets
from superpos.data.sets import correlated_sets as correlated_sets
from superpos.data.source import draw as draw
from superpos.data.source import shared as shared
from superpos.data.source import stateless as stateless
from superpos.data.sparse import sparse_uniform as sparse_uniform
from superpos.data.star import correlated_star as correlated_star
from superpos.data.synthetic import synthetic as synthetic
