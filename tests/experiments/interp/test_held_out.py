"""Which documents of two texts are in both, on windows made by hand."""

import numpy as np

from experiments.interp.language_model.measure import EXCERPT, n_of_both
from superpos import assets


def text(*documents: list[list[int]]) -> dict[str, np.ndarray]:
    """Documents, each of windows."""
    windows = [window for document in documents for window in document]
    numbers = [number for number, document in enumerate(documents) for _ in document]
    return {"tokens": np.array(windows, np.int32), "document": np.array(numbers, np.int32)}


def test_a_document_is_in_both_where_all_of_it_is() -> None:
    given = text([[1, 2], [3, 4]], [[5, 6]])
    assert n_of_both(given, text([[7, 8]], [[1, 2], [9, 9]])) == 0
    assert n_of_both(given, text([[7, 8]], [[1, 2], [3, 4]])) == 1
    assert n_of_both(given, given) == 2


def test_the_excerpt_is_split_by_document() -> None:
    made = {
        split: assets.tokens(
            **{key: value for key, value in EXCERPT.items() if key != "kind"}, split=split
        ).arrays
        for split in ("train", "held_out")
    }
    assert n_of_both(made["train"], made["held_out"]) == 0
    n_documents = len(np.unique(made["train"]["document"]))
    assert n_of_both(made["train"], made["train"]) == n_documents > 1
