"""Losses: per-example arithmetic without parameters."""

from superpos.losses.advantages import generalised_advantages as generalised_advantages
from superpos.losses.classification import sigmoid_cross_entropy as sigmoid_cross_entropy
from superpos.losses.classification import softmax_cross_entropy as softmax_cross_entropy
from superpos.losses.penalties import l1 as l1
from superpos.losses.penalties import mean_l1 as mean_l1
from superpos.losses.reconstruction import weighted_power_error as weighted_power_error
from superpos.losses.reconstruction import weighted_squared_error as weighted_squared_error
from superpos.losses.saving import Saving as Saving
from superpos.losses.saving import feature_saving as feature_saving
