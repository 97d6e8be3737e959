"""How fast an L1 penalty on its weights leaves a feature with a single neuron.

Source: Lecomte et al. 2023, Incidental Polysemanticity (arXiv 2312.03096), "Speed of
sparsification": for a feature with weights w the dynamics is dw/dt = (1 - ‖w‖²) w - λ sign(w), and
the weights that are left, with their L1 norm, follow, up to constants,

    m'(t) = max(1 / (1/√m + λt)², 1)        ‖w‖₁(t) = max(1 / (1/√m + λt), 1)

so that one is left at t = (1 - 1/√m) / λ. A step of SGD on (1 - ‖w‖²)² + 4 λ ‖w‖₁ at a learning
rate η is a step of 4 η in t.
"""
