"""Training as a film, from the weights that the evaluation `trajectory` kept."""

from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

import matplotlib
from matplotlib.animation import AbstractMovieWriter, FFMpegWriter, PillowWriter
from matplotlib.figure import Figure

from superpos.app.plots.arrows import arrow_figure, draw_panels, extent_of
from superpos.app.plots.figures import STYLE
from superpos.app.plots.named import Panel, best_of_seeds, panels, result
from superpos.arguments import ArgumentError, Count, check_value
from superpos.store.derived import replace

if TYPE_CHECKING:
    import xarray

WRITERS: dict[str, type[PillowWriter | FFMpegWriter]] = {".gif": PillowWriter, ".mp4": FFMpegWriter}
MOST_FRAMES = 300


def animate(
    dataset: "xarray.Dataset",
    path: str | Path,
    *,
    over: str | None = None,
    weights: str = "W_path",
    frames_per_second: int = 15,
) -> Path:
    """Write how the arrows of `arrows` moved in training, from what `trajectory` kept of it.

    Args:
        dataset: a sweep with the evaluation `trajectory`; a picture for each time it was made.
        path: of the film, .gif, or .mp4 where there is ffmpeg.
        over: the dimension along which there is a panel for each value.
        weights: the name of the result that is drawn.
        frames_per_second: pictures a second, >= 1.

    Returns:
        The path.

    Raises:
        ArgumentError: a name or a dimension is not there, the suffix is another one, there is no
            ffmpeg, or weights were not kept, or not at the same steps; one line.
        StoreError: it cannot be written; one line.
    """
    path = Path(path)
    check_value("frames_per_second", frames_per_second, Count)
    writer = WRITERS.get(path.suffix)
    if writer is None:
        raise ArgumentError(f"path={path}: expected a name that ends in {' or '.join(WRITERS)}")
    if not writer.isAvailable():
        raise ArgumentError(
            f"path={path}: needs ffmpeg, at matplotlib.rcParams['animation.ffmpeg_path']; expected"
            " a name that ends in .gif without it"
        )
    steps, frames = _frames(dataset, over, weights)
    figure, axes = arrow_figure(frames[0], weights)
    with matplotlib.rc_context(STYLE), TemporaryDirectory() as folder:
        made = Path(folder, path.name)
        with writer(fps=frames_per_second).saving(figure, str(made), dpi=120) as film:
            _shoot(film, figure, axes, steps, frames)
        replace(path, made.read_bytes())
    return path


def _frames(
    dataset: "xarray.Dataset", over: str | None, weights: str
) -> tuple[list[int], list[list[Panel]]]:
    """Steps, and the models at each of them."""
    times = [dim for dim in result(dataset, weights).dims if str(dim).startswith("step")]
    if len(times) != 1:
        raise ArgumentError(
            f"weights={weights!r}: expected weights kept at the same steps of all models, as the"
            " evaluation trajectory keeps them"
        )
    chosen, n_steps = best_of_seeds(dataset), dataset.sizes[times[0]]
    places = range(0, n_steps, -(-n_steps // MOST_FRAMES))
    steps = dataset[times[0]].to_numpy()[list(places)].tolist()
    return steps, [panels(chosen.isel({times[0]: [at]}), over, weights) for at in places]


def _shoot(
    film: AbstractMovieWriter,
    figure: Figure,
    axes: Sequence[Any],
    steps: Sequence[int],
    frames: Sequence[Sequence[Panel]],
) -> None:
    """Draw one picture after the other, all at the scale of the largest."""
    extent = extent_of([panel for found in frames for panel in found])
    for step, found in zip(steps, frames, strict=True):
        for axis in axes:
            axis.clear()
        draw_panels(axes, found, extent)
        figure.suptitle(f"{step:,} updates")
        film.grab_frame()
        figure.set_layout_engine("none")  # nothing moves but the arrows
