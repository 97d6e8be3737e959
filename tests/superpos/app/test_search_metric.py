"""The numbers of a run that a search can go by."""

import numpy as np
import xarray

from superpos.app.search_metric import final_numbers


def measured(n: int, **courses: float) -> xarray.Dataset:
    found = {
        name: (("seed", "step"), np.stack([np.full(n, 0.0), np.full(n, last)], axis=-1))
        for name, last in courses.items()
    }
    return xarray.Dataset({**found, "status": ("seed", np.full(n, "ok"))})


def test_what_models_of_one_kind_alone_measure_is_no_number_of_a_run() -> None:
    numbers, ok = final_numbers([measured(2, loss=1.0, sparsity=3.0), measured(1, loss=2.0)])
    assert {name: values.tolist() for name, values in numbers.items()} == {"loss": [1.0, 1.0, 2.0]}
    assert ok.tolist() == [True] * 3
