"""Sources: data distributions with known ground truth."""

from superpos.data.elementwise import elementwise as elementwise
from superpos.data.sparse import sparse_uniform as sparse_uniform
