"""Models: toy models of superposition, each as three pure functions."""

from superpos.models.attack import attack_directions as attack_directions
from superpos.models.autoencoder import AutoencoderParams as AutoencoderParams
from superpos.models.autoencoder import autoencoder as autoencoder
from superpos.models.computation import ComputationParams as ComputationParams
from superpos.models.computation import computation as computation
from superpos.models.mlp import MlpParams as MlpParams
from superpos.models.mlp import mlp as mlp
from superpos.models.moved import rescaled as rescaled
from superpos.models.moved import rotated as rotated
from superpos.models.polygon import polygon as polygon
from superpos.models.quadratic import QuadraticParams as QuadraticParams
from superpos.models.quadratic import quadratic as quadratic
