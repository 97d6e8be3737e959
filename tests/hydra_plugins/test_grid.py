"""Jobs are counted before they are made, and none is there twice."""

import pytest
from hydra.core.override_parser.overrides_parser import OverridesParser
from hydra.errors import HydraException

from hydra_plugins.superpos_launcher.grid import _check_count


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["seed=range(10000000000)"], "10,000,000,000 jobs: expected at most 100,000"),
        (["seed=shuffle(range(10000000000))"], "10,000,000,000 jobs: expected at most"),
        (["seed=range(0,1000)", "a=range(0,1,0.001)"], "1,000,000 jobs: expected at most"),
        (["seed=range(0,0)"], "seed=range(0,0): no values"),
        (["seed=range(0,3,0)"], "seed=range(0,3,0): expected a step other than 0"),
        (["seed=1,2,1"], "seed=1,2,1: 1 is there twice"),
        (["a=0.1,1e-1"], "a=0.1,1e-1: 0.1 is there twice"),
        (["a=1,1.0"], "a=1,1.0: 1.0 is there twice"),
        (["model=mlp,'mlp'"], "model=mlp,'mlp': mlp is there twice"),
        (["a=[1,2],[1,2]"], "a=[1,2],[1,2]: [1, 2] is there twice"),
        (["seed=1,2", "seed=3,4"], "seed=3,4: expected each key once"),
    ],
)
def test_jobs_that_would_be_lost_or_never_end(words: list[str], message: str) -> None:
    with pytest.raises(HydraException) as caught:
        _check_count(OverridesParser.create().parse_overrides(words))
    assert str(caught.value).startswith(message)


@pytest.mark.parametrize("words", [["a=1,true", "b=range(3)"], ["a=x,X"], ["a=1", "a=2"], []])
def test_jobs_that_differ(words: list[str]) -> None:
    _check_count(OverridesParser.create().parse_overrides(words))
