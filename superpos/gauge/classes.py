"""Classes of equivalent parameters: one representative of each, a label, and how far two are apart.

Sources: Schönemann 1966, A generalized solution of the orthogonal Procrustes problem (distance
under rotations); Du, Hu & Lee 2018, Algorithmic Regularization in Learning Deep Homogeneous Models
(balanced units, what gradient flow keeps); Kuhn 1955, The Hungarian method (matching of units).
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import scipy

from superpos.gauge.groups import leaf_at, map_paths, unit_rows
from superpos.gauge.matrices import product
from superpos.types import Array, Params


class Classes(NamedTuple):
    """The classes of parameters under a group.

    Attributes:
        canonical: params -> the representative of their class.
        label: params -> an array that is the same in all of a class, and another in each.
        distance: (a, b) -> the least Frobenius distance of a and anything equivalent to b, ().
    """

    canonical: Callable[[Params], Params]
    label: Callable[[Params], Array]
    distance: Callable[[Params, Params], Array]


def rotation_classes(path: str = "W") -> Classes:
    """Classes under O(n_hidden), W -> W Mᵀ.

    The label is the Gram matrix W Wᵀ, complete: equal Gram matrices are a rotation apart. The
    representative is the lower triangular factor of W with a diagonal >= 0; it is the only one
    where the first n_hidden rows are independent, and close to dependent ones it is badly
    conditioned, which label and distance are not.

    Args:
        path: of W (n_features, n_hidden), n_features >= n_hidden.

    Returns:
        The Classes. Their distance concerns W alone.
    """

    def canonical(params: Params) -> Params:
        R = jnp.linalg.qr(leaf_at(params, path).T, mode="r")
        signs = jnp.where(jnp.diagonal(R) < 0, -1, 1).astype(R.dtype)
        return map_paths(lambda at, leaf: R.T * signs[None] if at == path else leaf, params)

    def label(params: Params) -> Array:
        W = leaf_at(params, path)
        return product(W, W.T)

    def distance(a: Params, b: Params) -> Array:
        A, B = leaf_at(a, path), leaf_at(b, path)
        U, _, Vt = jnp.linalg.svd(product(B.T, A))
        return jnp.linalg.norm(A - product(B, U @ Vt))

    return Classes(canonical, label, distance)


def unit_classes(writes: Mapping[str, int], reads: Mapping[str, int]) -> Classes:
    """Classes under permutations of ReLU units with a positive scale for each.

    A representative has units as large on the way in as on the way out, which is the least squared
    norm there is, and the largest unit first. A unit that is zero on one side is zero on both. The
    label is the representative, a unit a row.

    Args:
        writes: path -> axis of the units, of what goes into them.
        reads: path -> axis of the units, of what reads them.

    Returns:
        The Classes. Their distance matches the units of the representatives, and runs on the host.
    """

    def scales(params: Params) -> tuple[Array, Array, Array]:
        """Of each unit what goes in, what comes out, and the order of the units."""
        into, out = (jnp.linalg.norm(unit_rows(params, axes), axis=1) for axes in (writes, reads))
        size = jnp.sqrt(into * out)
        alive = size > 0
        into, out = jnp.where(alive, into, 1), jnp.where(alive, out, 1)
        return size / into, size / out, jnp.argsort(-size, stable=True)

    def canonical(params: Params) -> Params:
        scale_in, scale_out, order = scales(params)

        def moved(at: str, leaf: Array) -> Array:
            if at not in {*writes, *reads}:
                return leaf
            axis, scale = (writes[at], scale_in) if at in writes else (reads[at], scale_out)
            units = jnp.moveaxis(leaf, axis, -1)
            units = units * scale.reshape((1,) * (units.ndim - 1) + (-1,))
            return jnp.moveaxis(units[..., order], -1, axis)

        return map_paths(moved, params)

    def label(params: Params) -> Array:
        found = canonical(params)
        return jnp.concatenate([unit_rows(found, writes), unit_rows(found, reads)], axis=1)

    def distance(a: Params, b: Params) -> Array:
        first, second = (np.asarray(label(each)) for each in (a, b))
        squared = np.square(first[:, None] - second[None]).sum(-1)
        return jnp.sqrt(squared[scipy.optimize.linear_sum_assignment(squared)].sum())

    return Classes(canonical, label, distance)


def same_class(a: Params, b: Params, classes: Classes, *, tolerance: float | None = None) -> bool:
    """Tell whether two configurations are equivalent.

    Args:
        a: the one.
        b: the other, of the same shapes.
        classes: under which group.
        tolerance: the largest distance, relative to the norm of the representative of a; None is
            the square root of the precision of a's numbers.

    Returns:
        Whether they are.
    """
    leaves = jax.tree.leaves(classes.canonical(a))
    norm = jnp.linalg.norm(jnp.concatenate([leaf.ravel() for leaf in leaves]))
    bound = float(jnp.finfo(leaves[0].dtype).eps) ** 0.5 if tolerance is None else tolerance
    return float(classes.distance(a, b)) <= bound * float(norm)
