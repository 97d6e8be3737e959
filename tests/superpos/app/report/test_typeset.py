"""Mathematics of claims as a reader expects it, and nothing else is touched."""

import pytest

from superpos.app.report.typeset import typeset


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("the D_i add up to m", "the D<sub>i</sub> add up to m"),
        ("Σ_{i≠j} (W_i·W_j)²", "Σ<sub>i≠j</sub> (W<sub>i</sub>·W<sub>j</sub>)²"),
        ("Σ_i ‖W_i‖⁴, ΣW_ij²", "Σ<sub>i</sub> ‖W<sub>i</sub>‖⁴, ΣW<sub>ij</sub>²"),
        ("(P_SGD) and W_in", "(P<sub>SGD</sub>) and W<sub>in</sub>"),
        ("2^n inputs, 2^-n, 0.7^i", "2<sup>n</sup> inputs, 2<sup>−n</sup>, 0.7<sup>i</sup>"),
        ("like m^(2/3) or K^0.33.", "like m<sup>2/3</sup> or K<sup>0.33</sup>."),
        ("n^(-1/2), t^-(a + 2b)/a", "n<sup>−1/2</sup>, t<sup>−(a + 2b)</sup>/a"),
        ("γ = -1, α >= 1, b <= 0, n >> m", "γ = −1, α ≥ 1, b ≤ 0, n ≫ m"),
        ("1e-5 of pages 3-4, v2 < v1", "1e-5 of pages 3-4, v2 &lt; v1"),
        ("digits_8, token_alone, n_features", "digits_8, token_alone, n_features"),
        ("-log2 of x, log10", "−log<sub>2</sub> of x, log<sub>10</sub>"),
        ("-0.01 (-0.02 to -0.00)", "−0.01 (−0.02 to −0.00)"),
        ("by `a <= W_i` or W_i", "by <code>a &lt;= W_i</code> or W<sub>i</sub>"),
        ("a ` W_i", "a ` W<sub>i</sub>"),
        ("<b>x_i</b> & 'a'", "&lt;b&gt;x<sub>i</sub>&lt;/b&gt; &amp; &#39;a&#39;"),
    ],
)
def test_mathematics_is_set(text: str, html: str) -> None:
    assert typeset(text) == html
