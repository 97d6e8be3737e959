"""Evaluations: metrics as something that is measured during or after a run."""

from superpos.evaluations.behaviour import behaviour as behaviour
from superpos.evaluations.boolean_functions import boolean_functions as boolean_functions
from superpos.evaluations.geometry import geometry as geometry
from superpos.evaluations.guess_and_check import guess_and_check as guess_and_check
from superpos.evaluations.held_out_fit import held_out_fit as held_out_fit
from superpos.evaluations.held_out_loss import held_out_loss as held_out_loss
from superpos.evaluations.interpretation import interpretation as interpretation
from superpos.evaluations.loss import loss as loss
from superpos.evaluations.outputs import outputs as outputs
from superpos.evaluations.recovery import recovery as recovery
from superpos.evaluations.spliced import spliced as spliced
from superpos.evaluations.superposition import superposition as superposition
from superpos.evaluations.trajectory import trajectory as trajectory
