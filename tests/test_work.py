"""What counts as work."""

import jax
import jax.numpy as jnp

from tests.work import counted, equations


def test_a_program_counts_once_and_each_of_its_shapes() -> None:
    function = jax.jit(lambda x: jnp.sin(x) * 3.7)
    one, two = jnp.ones(1), jnp.ones(2)
    with counted() as outer:
        function(one)
        with counted() as inner:
            function(one)
            function(two)
    assert (outer.programs, inner.programs) == (2, 1)
    with counted() as later:
        function(two)
    assert later.programs == 0


def test_equations_are_those_of_loops_and_calls_too() -> None:
    assert equations(lambda x: x + 1, 1.0) == 1
    looped = equations(lambda x: jax.lax.scan(lambda c, _: (jnp.sin(c) * c, None), x, None, 5), 1.0)
    assert looped >= 3  # the loop, and what is in it
    assert equations(jax.jit(lambda x: jnp.sin(x) * x), 1.0) == 3
