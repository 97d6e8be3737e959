"""Explainers and scorers of latents, as evaluations after training.

An explainer is fitted on one half of the documents and scored on the other, by `score`.
"""

from superpos.interp import explainers as explainers
from superpos.interp import scorers as scorers
from superpos.interp.protocol import Contexts as Contexts
from superpos.interp.protocol import Explainer as Explainer
from superpos.interp.protocol import Explanation as Explanation
from superpos.interp.protocol import Score as Score
from superpos.interp.protocol import Scorer as Scorer
from superpos.interp.scoring import Scores as Scores
from superpos.interp.scoring import context_gain as context_gain
from superpos.interp.scoring import score as score
from superpos.interp.scoring import summary as summary
