"""Metrics: arrays in, arrays out; leading batch dimensions allowed; finite on zero rows.

An array is whatever NumPy makes one of, integers included, or an xarray DataArray, whose dimensions
are taken by their names; the result is then a DataArray, too. What is no such array is refused: an
ArgumentError of one line.
"""

from superpos.metrics.capacity import capacity as capacity
from superpos.metrics.classification import accuracy as accuracy
from superpos.metrics.classification import decisions as decisions
from superpos.metrics.components import between_components as between_components
from superpos.metrics.components import component_labels as component_labels
from superpos.metrics.components import component_ranks as component_ranks
from superpos.metrics.components import component_sizes as component_sizes
from superpos.metrics.components import feature_graph as feature_graph
from superpos.metrics.components import same_component as same_component
from superpos.metrics.components import tegum_factors as tegum_factors
from superpos.metrics.degeneracy import local_learning_coefficient as local_learning_coefficient
from superpos.metrics.degeneracy import share_below as share_below
from superpos.metrics.frame import block_spread as block_spread
from superpos.metrics.frame import frame_operator as frame_operator
from superpos.metrics.frame import frame_residual as frame_residual
from superpos.metrics.frame import frame_spectrum as frame_spectrum
from superpos.metrics.frame import gram_matrix as gram_matrix
from superpos.metrics.geometry import dimensions_per_feature as dimensions_per_feature
from superpos.metrics.geometry import feature_dimensionality as feature_dimensionality
from superpos.metrics.geometry import feature_norms as feature_norms
from superpos.metrics.geometry import features_per_dimension as features_per_dimension
from superpos.metrics.geometry import interference as interference
from superpos.metrics.participation import (
    effective_features_per_dimension as effective_features_per_dimension,
)
from superpos.metrics.participation import gram_dimensionality as gram_dimensionality
from superpos.metrics.participation import participation as participation
from superpos.metrics.participation import participation_ratio as participation_ratio
from superpos.metrics.polytopes import POLYTOPES as POLYTOPES
from superpos.metrics.polytopes import polytope_codes as polytope_codes
from superpos.metrics.polytopes import polytope_of as polytope_of
