"""What a config of transformers says of the rotary embedding, in its present form or an older one.

Since version 5 it stands in `rope_parameters`; before, in keys of its own, with `rope_scaling` for
what stretches it to longer texts, which is not here.
"""

from superpos.models.transformer.checkpoints.config import Config

NEW, OLD = "rope_parameters", "rope_scaling"


def rotary_base(config: Config, old: str) -> float:
    """The base of its wavelengths.

    Args:
        config: of the checkpoint.
        old: the key that it has in older configs.

    Raises:
        ArgumentError: it is no number, or the embedding is of another type; one line.
    """
    given = config.inner(NEW)
    given.only("rope_type", "default")
    if config.values.get(OLD) is not None:
        raise config.refusal(OLD, config.values[OLD], "none, the only one that is here")
    return given.number("rope_theta", config.number(old, 10_000.0))


def rotary_share(config: Config, old: str) -> float:
    """The share of a head that it turns, 0.25 where nothing is said.

    Args:
        config: of the checkpoint.
        old: the key that it has in older configs.

    Raises:
        ArgumentError: it is no share; one line.
    """
    share = config.inner(NEW).number("partial_rotary_factor", config.number(old, 0.25))
    if share > 1:
        raise config.refusal(old, share, "a number in (0, 1]")
    return share
