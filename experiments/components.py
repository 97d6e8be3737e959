"""The components that the papers add to those of superpos, by name."""

from experiments.gauge import digits, gram, transformed
from experiments.optimisation import amortised, evaluations, problems, search
from superpos.components import Registry

COMPONENTS: Registry = {
    "asset": {"digits": digits.digits},
    "data": {"problems": problems.problems},
    "model": {"gram": gram.gram, "amortised": amortised.amortised},
    "init": {"transformed": transformed.transformed},
    "evaluation": {
        "refined": evaluations.refined,
        "direct": evaluations.direct,
        "program_search": search.program_search,
    },
}
"""Group of the config -> kind -> factory."""
