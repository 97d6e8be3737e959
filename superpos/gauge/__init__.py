"""Gauge freedom: symmetries of models, classes of parameters, and the audit of metrics."""

from superpos.gauge import symmetries as symmetries
from superpos.gauge.audit import Audited as Audited
from superpos.gauge.audit import Metric as Metric
from superpos.gauge.audit import audit as audit
from superpos.gauge.audit import audit_all as audit_all
from superpos.gauge.classes import Classes as Classes
from superpos.gauge.classes import rotation_classes as rotation_classes
from superpos.gauge.classes import same_class as same_class
from superpos.gauge.classes import unit_classes as unit_classes
from superpos.gauge.commute import commutes as commutes
from superpos.gauge.commute import departures as departures
from superpos.gauge.commute import descend as descend
from superpos.gauge.commute import sample_orbit as sample_orbit
from superpos.gauge.descent import gram_sgd as gram_sgd
from superpos.gauge.equivalent import equivalent as equivalent
from superpos.gauge.equivalent import search_rotation as search_rotation
from superpos.gauge.equivalent import search_units as search_units
from superpos.gauge.gram import GramState as GramState
from superpos.gauge.gram import factor as factor
from superpos.gauge.gram import gram_state as gram_state
from superpos.gauge.gram import gram_step as gram_step
from superpos.gauge.gram import truncate as truncate
from superpos.gauge.groups import Group as Group
from superpos.gauge.groups import basis_change as basis_change
from superpos.gauge.groups import scaling as scaling
from superpos.gauge.groups import shift as shift
