"""`python -m experiments.bench.transformer [--write]`: forward passes beside Hugging Face's.

superpos writes random weights in the layout of GPT-NeoX, transformers reads them, and both compute
the logits of the same texts, in turn in one run of this, which checks that they agree. It prints
the table, and `--write` renews the committed page, experiments/bench/RESULTS-TRANSFORMER.md.
"""

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import jax
import numpy as np

from experiments.bench import machine, written
from experiments.bench.page import markdown
from experiments.bench.saes.peers import PYTHON
from experiments.bench.text import ABSENT, TextTable, three
from superpos import models, random
from superpos.models.language_model import architecture_of
from superpos.models.transformer import Transformer, transformer, write
from superpos.types import Array, Model, Params

PAGE = Path(__file__).with_name("RESULTS-TRANSFORMER.md")
TORCH_SIDE = Path(__file__).with_name("transformer_torch.py")
REPEATS = 5
SAMPLE_S = 0.5
"""What the passes of a repeat are to last together."""
ALLOWED = 1e-4
"""How far logits may be apart, relative to the largest of them."""


class Size(NamedTuple):
    """A transformer, and the texts that it reads at once.

    Attributes:
        n_layers: blocks.
        d_model: width of the residual stream.
        n_heads: of attention.
        d_mlp: hidden units of an MLP.
        n_tokens: size of the vocabulary.
        context: tokens of a text.
        batch_size: texts.
    """

    n_layers: int
    d_model: int
    n_heads: int
    d_mlp: int
    n_tokens: int
    context: int
    batch_size: int

    @property
    def name(self) -> str:
        """What stands in the table."""
        return f"{self.n_layers} x {self.d_model}, {self.batch_size} texts of {self.context}"

    @property
    def n_read(self) -> int:
        """Tokens of a pass."""
        return self.batch_size * self.context

    @property
    def gflop(self) -> float:
        """Billions of operations in the products of a pass."""
        d, of_attention = self.d_model, 4 * self.context * self.d_model
        of_block = 2 * (4 * d * d + 2 * d * self.d_mlp) + of_attention
        return 1e-9 * self.n_read * (self.n_layers * of_block + 2 * d * self.n_tokens)


SIZES = (
    Size(1, 128, 4, 512, 2048, 128, 64),
    Size(6, 512, 8, 2048, 2048, 128, 8),
)


class Found(NamedTuple):
    """What was measured of a size.

    Attributes:
        size: of what.
        ours_s: seconds of a pass, each repeat.
        peer_s: of transformers; empty where it is not installed.
        apart: by how much the logits differ, relative to the largest.
    """

    size: Size
    ours_s: Sequence[float]
    peer_s: Sequence[float] = ()
    apart: float = 0.0


def main(arguments: list[str]) -> int:
    """Measure all sizes and print the table.

    Args:
        arguments: `--write`, or nothing.

    Returns:
        0, or 2 for an unknown argument.
    """
    return written.run(
        arguments,
        __doc__,
        PAGE,
        lambda load: page([measured(size) for size in SIZES], machine.machine(), load),
    )


def measured(size: Size, python: Path = PYTHON) -> Found:
    """Passes of both sides in turn.

    Args:
        size: of the transformer.
        python: that has transformers; it is left out where there is none.

    Raises:
        ValueError: the logits do not agree.
    """
    params, _ = _model(size).init(random.key(0))
    tokens = np.random.default_rng(0).integers(size.n_tokens, size=(size.batch_size, size.context))
    network = transformer(architecture_of(params, context=size.context, n_heads=size.n_heads))
    forward = _forward(network)
    given = jax.device_put((params, tokens.astype(np.int32)), jax.local_devices()[0])
    logits = np.asarray(forward(*given))

    def ours() -> float:
        begun = time.perf_counter()
        jax.block_until_ready(forward(*given))
        return time.perf_counter() - begun

    n_passes = max(1, round(SAMPLE_S / ours()))
    if not python.exists():
        return Found(size, [_mean(ours, n_passes) for _ in range(REPEATS)])
    with _peer(python, network, params, tokens) as (ask, folder):
        ask(1)
        theirs = np.load(folder / "logits.npy")
        apart = float(np.abs(theirs - logits).max() / np.abs(theirs).max())
        if apart > ALLOWED:
            raise ValueError(f"{size.name}: logits are {apart:.2g} of their largest apart")
        times = [(_mean(ours, n_passes), ask(n_passes)) for _ in range(REPEATS)]
    ours_s, peer_s = zip(*times, strict=True)
    return Found(size, ours_s, peer_s, apart)


def _model(size: Size) -> Model:
    return models.language_model(
        context=size.context,
        n_tokens=size.n_tokens,
        n_layers=size.n_layers,
        d_model=size.d_model,
        n_heads=size.n_heads,
        d_mlp=size.d_mlp,
        standard_deviation=0.05,
    )


def _forward(network: Transformer) -> Callable[[Params, Array], Array]:
    def logits(params: Params, tokens: Array) -> Array:
        return jax.vmap(lambda text: network.apply(params, text).logits)(tokens)

    return jax.jit(logits)


def _mean(call: Callable[[], float], n_passes: int) -> float:
    return statistics.fmean(call() for _ in range(n_passes))


@contextmanager
def _peer(
    python: Path, network: Transformer, params: Params, tokens: np.ndarray
) -> Iterator[tuple[Callable[[int], float], Path]]:
    """A process with transformers: asked for so many passes, it says the seconds of one."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, network, params)
        np.save(folder / "tokens.npy", tokens)
        command = [str(python), "-P", "-W", "ignore", str(TORCH_SIDE), name, str(machine.n_cores())]
        with subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        ) as process:
            assert process.stdin is not None and process.stdout is not None
            asked, answers = process.stdin, process.stdout

            def ask(n_passes: int) -> float:
                print(n_passes, file=asked, flush=True)
                return float(json.loads(answers.readline()))

            yield ask, folder
            asked.close()  # which ends it


def page(found: Sequence[Found], where: Mapping[str, str], load: float) -> str:
    """The Markdown of the results."""
    lacking = "" if found[0].peer_s else " transformers is not installed and was not measured."
    return f"""# The forward pass of a transformer

Written by `python -m experiments.bench.transformer --write`; do not edit. Random weights in the
layout of GPT-NeoX, float32; superpos wrote them and Hugging Face's transformers reads them, with
its fastest attention (PyTorch's `scaled_dot_product_attention`). Both compute the logits of the
same texts, a batch at once, on all cores; they agree to {max(each.apart for each in found):.0e} of
the largest.

{where["cpu"]}, {where["cores"]} cores, {where["device"]}, JAX {where["jax"]}, {where["date"]}.
{written.idleness(load)}The median of {REPEATS} turns.{lacking}

{markdown(_table(found))}"""


def _table(found: Sequence[Found]) -> TextTable:
    columns = ["layers x width", "times faster", "tokens a second", "transformers", "GFLOP/s"]
    return TextTable("Tokens a second", columns, [list(_row(each)) for each in found])


def _row(of: Found) -> Iterator[str]:
    ours = statistics.median(of.ours_s)
    peer = statistics.median(of.peer_s) if of.peer_s else None
    yield of.size.name
    yield ABSENT if peer is None else f"{peer / ours:.2f}"
    yield f"{of.size.n_read / ours:,.0f}"
    yield ABSENT if peer is None else f"{of.size.n_read / peer:,.0f}"
    yield three(of.size.gflop / ours)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
