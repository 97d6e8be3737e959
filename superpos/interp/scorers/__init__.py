"""Scorers of explanations that need no language model."""

from superpos.interp.protocol import Scorer
from superpos.interp.scorers.detection import detection as detection
from superpos.interp.scorers.fuzzing import fuzzing as fuzzing
from superpos.interp.scorers.intruder import intruder as intruder
from superpos.interp.scorers.r_squared import r_squared as r_squared
from superpos.interp.scorers.similarity import example_similarity as example_similarity
from superpos.interp.scorers.similarity import explanation_similarity as explanation_similarity
from superpos.interp.scorers.similarity import hashed_words as hashed_words
from superpos.interp.scorers.similarity import once as once
from superpos.interp.scorers.simulation import pearson as pearson
from superpos.interp.scorers.simulation import simulation as simulation


def offline() -> dict[str, Scorer]:
    """By name, those that look at what an explanation predicts."""
    return {
        "simulation": simulation(),
        "pearson": pearson(),
        "r_squared": r_squared(),
        "detection": detection(),
        "detection_accuracy": detection(measure="balanced_accuracy"),
        "detection_look_alike": detection(negatives="look_alike"),
        "fuzzing": fuzzing(),
        "fuzzing_accuracy": fuzzing(measure="balanced_accuracy"),
        "fuzzing_active": fuzzing(wrong="active"),
        "intruder": intruder(),
    }
