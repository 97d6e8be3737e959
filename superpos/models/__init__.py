"""Models: toy models of superposition, each as three pure functions.

What varies in several of them is a component of its own: how they start (`inits`), what is
minimised (`errors`) and what is added in training (`regularisers`).
"""

from superpos.models import errors as errors
from superpos.models import inits as inits
from superpos.models import kernels as kernels
from superpos.models import policies as policies
from superpos.models import regularisers as regularisers
from superpos.models import surrogates as surrogates
from superpos.models.actor_critic import ActorCriticParams as ActorCriticParams
from superpos.models.actor_critic import actor_critic as actor_critic
from superpos.models.autoencoder import AutoencoderParams as AutoencoderParams
from superpos.models.autoencoder import autoencoder as autoencoder
from superpos.models.bottleneck import BottleneckParams as BottleneckParams
from superpos.models.bottleneck import bottleneck as bottleneck
from superpos.models.computation import ComputationParams as ComputationParams
from superpos.models.computation import computation as computation
from superpos.models.language_model import language_model as language_model
from superpos.models.mlp import MlpParams as MlpParams
from superpos.models.mlp import mlp as mlp
from superpos.models.pytorch import from_torch as from_torch
from superpos.models.pytorch import to_torch as to_torch
from superpos.models.quadratic import QuadraticParams as QuadraticParams
from superpos.models.quadratic import quadratic as quadratic
from superpos.models.regularisers.attack import attack_directions as attack_directions
from superpos.models.weights import read as read
from superpos.models.weights import write as write
