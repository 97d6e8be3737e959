"""The contracts of the package: data containers, bundles of pure functions, and type aliases.

Everything in superpos is a factory: keyword-only arguments in, a NamedTuple of pure functions out.
An argument typed `Scalar` may be a tracer, so it can be swept inside one compiled program; an
argument of any other type is static, so another value is another compile.
"""

from superpos.types.agents import Environment as Environment
from superpos.types.agents import Policy as Policy
from superpos.types.base import EMPTY as EMPTY
from superpos.types.base import Array as Array
from superpos.types.base import Asset as Asset
from superpos.types.base import Batch as Batch
from superpos.types.base import Dims as Dims
from superpos.types.base import Example as Example
from superpos.types.base import Key as Key
from superpos.types.base import KeyData as KeyData
from superpos.types.base import Magnitude as Magnitude
from superpos.types.base import Output as Output
from superpos.types.base import Params as Params
from superpos.types.base import Scalar as Scalar
from superpos.types.base import Scalars as Scalars
from superpos.types.base import SourceState as SourceState
from superpos.types.base import State as State
from superpos.types.base import vectors as vectors
from superpos.types.parts import Evaluation as Evaluation
from superpos.types.parts import Member as Member
from superpos.types.parts import Members as Members
from superpos.types.parts import Model as Model
from superpos.types.parts import Probe as Probe
from superpos.types.parts import Source as Source
from superpos.types.parts import Trigger as Trigger
from superpos.types.run import LEAST as LEAST
from superpos.types.run import Carry as Carry
from superpos.types.run import FitSpec as FitSpec
from superpos.types.run import Measure as Measure
from superpos.types.run import Run as Run
from superpos.types.run import Training as Training
