"""`make parity`: run the peers anew, and compare with what is frozen in tests/golden.

    python -m tests.parity [--write] [FOLDER ...]

`--write` freezes what came out instead. A FOLDER holds SAEs that superpos exported: SAELens opens
each, and its codes and reconstructions are compared with those that superpos wrote beside it.
Exit code 1 where anything differs.
"""

import json
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch

from tests.parity import (
    dictionary_learning,
    files,
    inputs,
    language_models,
    metrics,
    plain,
    saelens,
)
from tests.parity.cases import CASES, described
from tests.parity.inputs import Arrays

GOLDEN = Path(__file__).resolve().parents[1] / "golden" / "saes"
LANGUAGE_MODELS = GOLDEN.with_name("language_models")
WRITE = "--write"
AT_ONCE, AFTER_TRAINING = 1e-5, 1e-3
"""How far apart numbers may be, absolutely and relative to the largest of their array."""


def main(arguments: list[str]) -> int:
    """Freeze or compare.

    Returns:
        0, or 1 where something differs.
    """
    torch.set_num_threads(1)  # of products this small; two would wait for each other
    folders = [Path(each) for each in arguments if each != WRITE]
    stream, start = inputs.stream(), inputs.weights()
    if WRITE in arguments:
        freeze(stream, start)
    different = list(compared(stream, start))
    different += [line for each in (GOLDEN / "files", *folders) for line in files.opened(each)]
    n_cases = len(CASES) + len(language_models.CASES)
    print("\n".join(different) or f"parity: {n_cases} cases, nothing differs")
    return 1 if different else 0


def freeze(stream: Arrays, start: Arrays) -> None:
    """Write everything that is frozen anew."""
    GOLDEN.mkdir(parents=True, exist_ok=True)
    for name, arrays in records(stream, start):
        np.savez_compressed(GOLDEN / f"{name}.npz", allow_pickle=False, **arrays)
    settings = {name: described(case) for name, case in CASES.items()}
    (GOLDEN / "cases.json").write_text(json.dumps(settings, indent=1) + "\n")
    files.write(GOLDEN / "files", start, stream["xs"])
    language_models.write(LANGUAGE_MODELS)


def compared(stream: Arrays, start: Arrays) -> Iterator[str]:
    """One line for each array that is another than frozen, or than plain PyTorch has it."""
    for name, arrays in records(stream, start):
        frozen = dict(np.load(GOLDEN / f"{name}.npz"))
        yield from (f"{name}: {line}" for line in differences(arrays, frozen))
        if name.startswith("saelens"):
            again = plain.record(CASES[name], frozen, stream["xs"][0])
            own = {key: frozen[key] for key in again}
            yield from (f"{name}, plain PyTorch: {line}" for line in differences(again, own))
    for name, arrays, frozen in language_models.records(LANGUAGE_MODELS):
        yield from (f"{name}: {line}" for line in differences(arrays, frozen))


def records(stream: Arrays, start: Arrays) -> Iterator[tuple[str, Arrays]]:
    """Name -> arrays, of each file that is frozen."""
    yield "stream", stream | {"median": dictionary_learning.geometric_median(stream["xs"][0])}
    yield "metrics", metrics.record(stream, start)
    peers = {"saelens": saelens.record, "dictionary_learning": dictionary_learning.record}
    for name, case in CASES.items():
        yield name, peers[case.recipe](case, start, stream["xs"])


def differences(found: Arrays, frozen: Arrays) -> Iterator[str]:
    """One line for each array that is another than the one that is frozen."""
    if found.keys() != frozen.keys():
        yield f"other arrays: {sorted(found.keys() ^ frozen.keys())}"
    for name in found.keys() & frozen.keys():
        allowed = AFTER_TRAINING if name.startswith(("trained", "halfway")) else AT_ONCE
        scale = max(1.0, float(np.abs(frozen[name]).max(initial=0)))
        apart = float(np.abs(found[name] - frozen[name]).max(initial=0))
        if not apart <= allowed * scale:
            yield f"{name}: {apart:.3g} apart, {allowed * scale:.3g} is allowed"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
