"""Runs in Weights & Biases, TensorBoard and MLflow: thin adapters behind one protocol.

Each needs its package, which the extra of its name brings: `pip install 'superpos[wandb]'`.
"""

from superpos.trackers.members import log_members as log_members
from superpos.trackers.mlflow_runs import mlflow as mlflow
from superpos.trackers.protocol import Tracker as Tracker
from superpos.trackers.protocol import check_installed as check_installed
from superpos.trackers.protocol import on_progress as on_progress
from superpos.trackers.tensorboard_events import tensorboard as tensorboard
from superpos.trackers.weights_and_biases import wandb as wandb
