"""Explanations by a language model, and scores that ask one: explainers and scorers like any other.

What a model answers in another form than it was asked for is counted in `Backend.usage`, by what it
was for: of `usage.answers["detection"]` answers `usage.unparsed["detection"]` were none. Where it
was to judge, these examples are left out of a score, whose `n` says how many are left. Where it was
to "explain" or to "simulate", 0 is predicted, and the scores of predictions rest on that: many such
answers draw them to their floors, however good the explanations are.
"""

from superpos.interp.prompted.explain import explain as explain
from superpos.interp.prompted.judge import detection as detection
from superpos.interp.prompted.judge import fuzzing as fuzzing
