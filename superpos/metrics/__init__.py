"""Metrics: arrays in, arrays out; leading batch dimensions allowed; finite on zero rows."""

from superpos.metrics.capacity import capacity as capacity
from superpos.metrics.degeneracy import local_learning_coefficient as local_learning_coefficient
from superpos.metrics.degeneracy import share_below as share_below
from superpos.metrics.geometry import dimensions_per_feature as dimensions_per_feature
from superpos.metrics.geometry import feature_dimensionality as feature_dimensionality
from superpos.metrics.geometry import feature_norms as feature_norms
from superpos.metrics.geometry import features_per_dimension as features_per_dimension
from superpos.metrics.geometry import interference as interference
