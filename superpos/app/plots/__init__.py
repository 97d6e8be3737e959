"""Pictures in one call: the Dataset of `sweep` or `store.open` in, a figure of Matplotlib out.

Each takes the names of results and of dimensions; a name that is not there is refused in one line
with those there are. Hydra is not needed.
"""

from importlib.util import find_spec

if find_spec("matplotlib") is None:
    raise ImportError("superpos.app.plots needs matplotlib; pip install 'superpos[app]'")

from superpos.app.plots.animation import animate as animate
from superpos.app.plots.arrows import arrows as arrows
from superpos.app.plots.curves import curve as curve
from superpos.app.plots.curves import dimensionality as dimensionality
from superpos.app.plots.curves import frontier as frontier
from superpos.app.plots.figures import save as save
from superpos.app.plots.maps import heat_map as heat_map
from superpos.app.plots.polytopes import polytopes as polytopes
from superpos.app.plots.weights import gram as gram
from superpos.app.plots.weights import interference_graph as interference_graph
from superpos.app.plots.weights import norms as norms
