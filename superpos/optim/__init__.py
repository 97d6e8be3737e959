"""Optimisers whose every number is a Scalar, so that it can be swept inside one program."""

from superpos.optim import schedules as schedules
from superpos.optim.balanced import balanced_sgd as balanced_sgd
from superpos.optim.decoder import sae_adam as sae_adam
from superpos.optim.decoder import unit_decoder as unit_decoder
from superpos.optim.gradient import adam as adam
from superpos.optim.gradient import adamw as adamw
from superpos.optim.gradient import sgd as sgd
from superpos.optim.gradient import sgdw as sgdw
from superpos.optim.lamb import lamb as lamb
from superpos.optim.matrix import muon as muon
from superpos.optim.matrix import row_adam as row_adam
from superpos.optim.matrix import shampoo as shampoo
from superpos.optim.row_norms import signed_adamw as signed_adamw
from superpos.optim.schedules import Schedule as Schedule
from superpos.optim.sgld import sgld as sgld
