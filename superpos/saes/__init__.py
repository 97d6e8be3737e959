"""Sparse autoencoders, one file an architecture; `skeleton` has what is around them all."""

from superpos.saes import inits as inits
from superpos.saes import recipes as recipes
from superpos.saes import sparsity as sparsity
from superpos.saes.abs_topk import abs_topk as abs_topk
from superpos.saes.aligned import aligned as aligned
from superpos.saes.batch_topk import batch_topk as batch_topk
from superpos.saes.dead import auxk as auxk
from superpos.saes.dead import resample as resample
from superpos.saes.gated import gated as gated
from superpos.saes.jumprelu import jumprelu as jumprelu
from superpos.saes.matching_pursuit import matching_pursuit as matching_pursuit
from superpos.saes.matryoshka import matryoshka as matryoshka
from superpos.saes.matryoshka_relu import matryoshka_relu as matryoshka_relu
from superpos.saes.parts import SaeState as SaeState
from superpos.saes.relu import relu as relu
from superpos.saes.saelens_file import read as read
from superpos.saes.saelens_write import write as write
from superpos.saes.topk import topk as topk
from superpos.saes.tuner import l0_tuner as l0_tuner
