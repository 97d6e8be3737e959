"""Initialisers: the parameters that a model starts from, as functions of a key."""

from superpos.models.inits.base import Init as Init
from superpos.models.inits.base import model_init as model_init
from superpos.models.inits.equivalent import rescaled as rescaled
from superpos.models.inits.equivalent import rotated as rotated
from superpos.models.inits.normal import fan_in as fan_in
from superpos.models.inits.normal import glorot as glorot
from superpos.models.inits.normal import he as he
from superpos.models.inits.normal import normal_bias as normal_bias
from superpos.models.inits.normal import notebook as notebook
from superpos.models.inits.normal import unit as unit
from superpos.models.inits.polygon import polygon as polygon
from superpos.models.inits.trained import trained as trained
from superpos.models.inits.uniform import fan_in_uniform as fan_in_uniform
