"""Every experiment, every claim that stands in a file, and every public name has its place."""

from pathlib import Path

import pytest

import superpos.data
from docs import pages
from experiments.elhage.intro.claims import CLAIMS
from experiments.myopia.shutdown.claims import CLAIMS as SHUTDOWN
from superpos.app import boundary


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("made")
    (folder / "papers").mkdir()
    (folder / "papers" / "old.md").touch()
    pages.write_all(folder)
    return folder


def test_every_experiment_is_on_the_page_of_its_group(made: Path) -> None:
    names = [name for name in boundary.experiments() if not name.startswith("full/")]
    assert pages.experiments() == sorted(set(names) - {"train"})
    for name in pages.experiments():
        text = (made / "papers" / f"{name.split('/')[0]}.md").read_text()
        assert f"-m experiments experiment={name}\n" in text
    assert not (made / "papers" / "old.md").exists()


def test_a_config_has_what_its_base_has() -> None:
    for name in ("elhage/demonstrating", "elhage/demonstrating_large"):
        composed = boundary.compose([f"experiment={name}"])
        config = pages._config(name)
        assert config["title"] == composed["title"]
        assert config["analysis"]["kind"] == composed["analysis"]["kind"]


def test_claims_that_stand_in_a_file_are_those_that_it_registers() -> None:
    rows = pages.stated("elhage/intro")
    assert [row.claim for row in rows] == [claim.statement for claim in CLAIMS.values()]
    assert rows[0].claimed == "= 2 (± 0)" and rows[2].claimed == "≤ -1 (± 0.05)"
    assert pages.stated("elhage") == []  # no experiment
    several = pages.stated("myopia/shutdown")  # of several kinds, in the order of the file
    assert [row.claim for row in several] == [claim.statement for claim in SHUTDOWN.values()]


def test_a_number_that_a_claim_names_is_shown() -> None:
    rows = {
        row.claimed
        for name in ("adversarial_training", "dynamics")
        for row in pages.stated(f"elhage/{name}")
    }
    assert {"= 0.8 (± 0.2)", "≤ 0 (± 0.03)"} <= rows


def test_a_table_shows_texts_as_they_are() -> None:
    table = pages._table([pages.Row("a < b", "≤ 1", "0", "reproduced", "theory")])
    assert "<td>a &lt; b<br><small>theory</small></td><td>≤ 1</td>" in table


def test_every_public_name_is_in_the_reference(made: Path) -> None:
    names = pages.public_names(superpos.data.__file__)
    assert names["sparse_uniform"] == "superpos.data.sparse"
    text = (made / "api" / "superpos.data.rst").read_text()
    functions = {name for name, source in names.items() if source != "superpos.data"}
    assert all(f":: {name}\n" in f"{text}\n" or f".{name}\n" in text for name in functions)
    assert ":doc:`superpos.data.magnitudes`" in text
    assert (made / "api" / "superpos.data.magnitudes.rst").is_file()
