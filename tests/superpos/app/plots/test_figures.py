"""What figures have in common."""

import numpy as np

from superpos.app.plots.figures import fragile_marks


def test_a_panel_says_where_its_model_is_sensitive_to_rounding() -> None:
    assert fragile_marks(np.array([False, True]), 2) == ["", " (sensitive to rounding)"]
    assert fragile_marks(None, 3) == ["", "", ""]
