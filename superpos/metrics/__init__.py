"""Metrics: arrays in, arrays out; leading batch dimensions allowed; finite on zero rows.

An array is whatever NumPy makes one of, integers included, or an xarray DataArray, whose dimensions
are taken by their names; the result is then a DataArray, too. What is no such array is refused: an
ArgumentError of one line.
"""

from superpos.metrics.absorption import absorption_fraction as absorption_fraction
from superpos.metrics.absorption import full_absorption as full_absorption
from superpos.metrics.absorption import hedging_degree as hedging_degree
from superpos.metrics.activity import dead_latents as dead_latents
from superpos.metrics.activity import decoder_projection as decoder_projection
from superpos.metrics.activity import explained_variance as explained_variance
from superpos.metrics.activity import explained_variance_above as explained_variance_above
from superpos.metrics.activity import explained_variance_uncentred as explained_variance_uncentred
from superpos.metrics.activity import l0 as l0
from superpos.metrics.activity import shrinkage as shrinkage
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
from superpos.metrics.detection import detection_counts as detection_counts
from superpos.metrics.detection import latent_accuracy as latent_accuracy
from superpos.metrics.detection import latent_f1 as latent_f1
from superpos.metrics.detection import latent_precision as latent_precision
from superpos.metrics.detection import latent_recall as latent_recall
from superpos.metrics.directions import best_matches as best_matches
from superpos.metrics.directions import cosine_similarities as cosine_similarities
from superpos.metrics.directions import latent_mean as latent_mean
from superpos.metrics.directions import (
    latent_mean_max_cosine_similarity as latent_mean_max_cosine_similarity,
)
from superpos.metrics.directions import max_cosine_similarity as max_cosine_similarity
from superpos.metrics.directions import mean_correlation_coefficient as mean_correlation_coefficient
from superpos.metrics.directions import mean_max_cosine_similarity as mean_max_cosine_similarity
from superpos.metrics.directions import (
    pairwise_mean_correlation_coefficient as pairwise_mean_correlation_coefficient,
)
from superpos.metrics.directions import uniqueness as uniqueness
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
from superpos.metrics.lempel_ziv import lempel_ziv_complexity as lempel_ziv_complexity
from superpos.metrics.logits import logit_effect_coherence as logit_effect_coherence
from superpos.metrics.logits import logit_effects as logit_effects
from superpos.metrics.monosemanticity import response_shares as response_shares
from superpos.metrics.participation import (
    effective_features_per_dimension as effective_features_per_dimension,
)
from superpos.metrics.participation import gram_dimensionality as gram_dimensionality
from superpos.metrics.participation import participation as participation
from superpos.metrics.participation import participation_ratio as participation_ratio
from superpos.metrics.polytopes import POLYTOPES as POLYTOPES
from superpos.metrics.polytopes import polytope_codes as polytope_codes
from superpos.metrics.polytopes import polytope_of as polytope_of
from superpos.metrics.polytopes import polytopes as polytopes
from superpos.metrics.readout import mean_squared_crosstalk as mean_squared_crosstalk
from superpos.metrics.readout import readout_floor as readout_floor
from superpos.metrics.recovery import recovery as recovery
from superpos.metrics.spliced import loss_recovered as loss_recovered
from superpos.metrics.tokens import largest_token_share as largest_token_share
from superpos.metrics.tokens import single_token_share as single_token_share
from superpos.metrics.tokens import token_entropy as token_entropy
from superpos.metrics.tokens import token_masses as token_masses
from superpos.metrics.tokens import token_means as token_means
from superpos.metrics.tokens import top_token_entropy as top_token_entropy
from superpos.metrics.tokens import without_token_means as without_token_means
