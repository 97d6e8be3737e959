"""Training: one run, many runs as one program, and a store that a crash cannot harm."""

from superpos.train import store as store
from superpos.train.after import evaluate as evaluate
from superpos.train.best import NoMemberError as NoMemberError
from superpos.train.best import best_of as best_of
from superpos.train.files import StoreError as StoreError
from superpos.train.fit import fit as fit
from superpos.train.sweep import sweep as sweep
from superpos.train.training import training as training
from superpos.train.width import TrainError as TrainError
from superpos.train.work import Progress as Progress
from superpos.types import FitSpec as FitSpec
