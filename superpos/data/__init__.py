"""Sources: data distributions with known ground truth."""

from superpos.data.finite import finite as finite
from superpos.data.one_sparse import identity as identity
from superpos.data.one_sparse import one_sparse as one_sparse
from superpos.data.sparse import sparse_uniform as sparse_uniform
