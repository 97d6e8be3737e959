"""The coefficient of an L0 penalty under Adam: it acts up to a point, and then no more.

Source: SAELens, issue 719 (a sweep of JumpReLU's l0_coefficient, numbers of 2026-07-27, with the
thresholds of pull request 718): L0 is 473, 364, 124, 36, 26.6, 26.4 and 26.0 at coefficients from
1e-4 to 100, and the threshold 0.576 at the end where an update of at most 3e-4 and 2,000 of them
leave 0.61 at the most.
"""
