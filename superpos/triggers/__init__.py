"""When a model is evaluated: by its steps, its loss, or effective compute and the calendar.

`observe` is the rule of a schedule by effective compute and months, `audit` the same rule over a
log; both are pure, with no JAX. The triggers of runs of superpos (`falls`, `spaced`,
`effective_compute`) are loaded when first asked for.
"""

import importlib
from typing import TYPE_CHECKING, Any

from superpos.triggers.audit import Audit as Audit
from superpos.triggers.audit import Fork as Fork
from superpos.triggers.audit import LogError as LogError
from superpos.triggers.audit import Row as Row
from superpos.triggers.audit import Violation as Violation
from superpos.triggers.audit import audit as audit
from superpos.triggers.law import LossLaw as LossLaw
from superpos.triggers.log import Log as Log
from superpos.triggers.log import read_log as read_log
from superpos.triggers.moments import add_months as add_months
from superpos.triggers.observe import State as State
from superpos.triggers.observe import begin as begin
from superpos.triggers.observe import fork as fork
from superpos.triggers.observe import observe as observe
from superpos.triggers.policy import PRESETS as PRESETS
from superpos.triggers.policy import RSP_V1 as RSP_V1
from superpos.triggers.policy import RSP_V2 as RSP_V2
from superpos.triggers.policy import Decision as Decision
from superpos.triggers.policy import EvalBegun as EvalBegun
from superpos.triggers.policy import EvalDone as EvalDone
from superpos.triggers.policy import Obs as Obs
from superpos.triggers.policy import Policy as Policy
from superpos.triggers.saved import decode as decode
from superpos.triggers.saved import encode as encode

if TYPE_CHECKING:
    from superpos.triggers.fitted import bootstrap as bootstrap
    from superpos.triggers.fitted import fit_law as fit_law
    from superpos.triggers.runs import effective_compute as effective_compute
    from superpos.triggers.runs import falls as falls
    from superpos.triggers.runs import spaced as spaced

_LATER = {
    "bootstrap": "fitted",
    "effective_compute": "runs",
    "falls": "runs",
    "fit_law": "fitted",
    "spaced": "runs",
}
"""Name -> the module of this package that has it, with JAX or SciPy."""


def __getattr__(name: str) -> Any:
    """What is loaded when it is first asked for (PEP 562)."""
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(importlib.import_module(f"superpos.triggers.{_LATER[name]}"), name)
