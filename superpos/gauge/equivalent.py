"""Whether two configurations are equivalent, with the element of the group that shows it.

To be equivalent is a relation of pairs: no configuration is the right one of its class. It is
stronger than to compute the same: units that nothing reads may differ, and no element undoes that.

Sources: Schönemann 1966, A generalized solution of the orthogonal Procrustes problem; Kuhn 1955,
The Hungarian method.
"""

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import scipy

from superpos.gauge.groups import Group, leaf_at, unit_rows
from superpos.gauge.matrices import Pair, product
from superpos.types import Params

Search = Callable[[Params, Params], Any]
"""(a, b) -> the element that takes b to a, if any element does."""


def equivalent(
    a: Params, b: Params, group: Group, search: Search, *, tolerance: float | None = None
) -> Any | None:
    """Find an element that takes b to a.

    Args:
        a: the one.
        b: the other, of the same shapes.
        group: that the element is of.
        search: for the element, one of this module.
        tolerance: the largest difference of a and what b is taken to, relative to the largest entry
            of a; None is the square root of the precision of a's numbers.

    Returns:
        The element, as a witness that acts; None where the two are not equivalent.
    """
    element = search(a, b)
    moved = group.act(element, b)
    leaves = jax.tree.leaves(a)
    bound = float(jnp.finfo(leaves[0].dtype).eps) ** 0.5 if tolerance is None else tolerance
    largest = max(float(jnp.abs(leaf).max()) for leaf in leaves)
    gaps = jax.tree.map(lambda one, other: float(jnp.abs(one - other).max()), a, moved)
    return element if max(jax.tree.leaves(gaps)) <= bound * largest else None


def search_rotation(path: str = "W") -> Search:
    """The rotation of the hidden space that brings W (n_features, n_hidden) closest to another."""

    def search(a: Params, b: Params) -> Pair:
        U, _, Vt = jnp.linalg.svd(product(leaf_at(a, path).T, leaf_at(b, path)))
        M = product(U, Vt)
        return Pair(M, M)

    return search


def search_units(writes: Mapping[str, int], reads: Mapping[str, int]) -> Search:
    """The order and the positive scales of ReLU units that bring them closest to another's.

    Units are matched by the direction of what goes in and of what reads them, and scaled by what
    goes in, or by what reads them where nothing goes in.

    Args:
        writes: path -> axis of the units, of what goes into them.
        reads: path -> axis of the units, of what reads them.

    Returns:
        A Search for a Pair, on the host.
    """

    def search(a: Params, b: Params) -> Pair:
        sides = [[np.asarray(unit_rows(p, axes)) for axes in (writes, reads)] for p in (a, b)]
        sizes = [[np.linalg.norm(side, axis=1) for side in each] for each in sides]
        directions = [
            np.concatenate(
                [r / np.where(s > 0, s, 1)[:, None] for r, s in zip(*each, strict=True)], 1
            )
            for each in zip(sides, sizes, strict=True)
        ]
        squared = np.square(directions[0][:, None] - directions[1][None]).sum(-1)
        products = [np.multiply(*each) for each in sizes]
        squared = squared + np.square(products[0][:, None] - products[1][None])
        rows, columns = scipy.optimize.linear_sum_assignment(squared)
        (into_a, out_a), (into_b, out_b) = sizes
        into = into_a[rows] * into_b[columns] > 0
        out = out_a[rows] * out_b[columns] > 0
        by_reading = np.divide(out_b[columns], out_a[rows], where=out, out=np.ones(len(rows)))
        scales = np.divide(into_a[rows], into_b[columns], where=into, out=by_reading)
        P = np.zeros_like(squared)
        P[rows, columns] = 1
        kind = leaf_at(a, next(iter(writes))).dtype
        direct, dual = P * scales[:, None], P / scales[:, None]
        return Pair(jnp.asarray(direct, kind), jnp.asarray(dual, kind))

    return search
