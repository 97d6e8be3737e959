"""The tiny models and helpers of the tests of training, for what happens when something fails."""

from tests.superpos.train.conftest import bits as bits
from tests.superpos.train.conftest import make_build as make_build
from tests.superpos.train.conftest import make_toy as make_toy
from tests.superpos.train.conftest import one_line as one_line
from tests.superpos.train.conftest import parts as parts
from tests.superpos.train.conftest import snapshot as snapshot
from tests.superpos.train.conftest import stop_at as stop_at
