"""Models: toy models of superposition, each as three pure functions."""

from superpos.models.autoencoder import AutoencoderParams as AutoencoderParams
from superpos.models.autoencoder import autoencoder as autoencoder
from superpos.models.polygon import polygon as polygon
