"""The tiny models and helpers of the tests of training, for what happens when something fails."""

from tests.superpos.conftest import bits as bits
from tests.superpos.conftest import make_build as make_build
from tests.superpos.conftest import make_toy as make_toy
from tests.superpos.conftest import one_line as one_line
from tests.superpos.conftest import parts as parts
from tests.superpos.conftest import snapshot as snapshot
from tests.superpos.conftest import stop_at as stop_at
