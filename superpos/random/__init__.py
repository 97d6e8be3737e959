"""Random keys: a fast counter-based generator under `jax.random`, and JAX's own beside it.

Source: Salmon, Moraes, Dror & Shaw 2011, Parallel Random Numbers: As Easy as 1, 2, 3 (SC'11), the
section on Threefry.

`key(0)` is a typed key of the fast generator and `key(0, rng="threefry")` one of JAX's.
Both go wherever `jax.random` takes a key. `implementation(rng)` is what `jax.random.wrap_key_data`
needs to make keys again from stored data.
"""

from superpos.random.keys import RNGS as RNGS
from superpos.random.keys import Rng as Rng
from superpos.random.keys import implementation as implementation
from superpos.random.keys import key as key
from superpos.random.rows import uniform_columns as uniform_columns
from superpos.random.rows import uniform_rows as uniform_rows
from superpos.random.threefry import THREEFRY13 as THREEFRY13
