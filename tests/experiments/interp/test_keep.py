"""What a long run found is kept with its day and command, and comes back as tables."""

import json

from experiments.interp.randomised import keep
from superpos.app.claims import ledger
from superpos.app.findings import Findings, Table
from superpos.app.report import stored
from superpos.store.derived import replace

CONFIG = {"title": "A title", "question": "Why?", "command": "python -m experiments a"}
CLAIM = ledger.Claim(
    id="interp/randomised/one",
    paper="p",
    section="1",
    setting="s",
    claimed=1.0,
    tolerance=0.0,
    relation="=",
    statement="one",
    source="theory",
    written="before",
)


def test_a_run_comes_back_as_tables(tmp_path):
    stored.write_config(tmp_path, CONFIG)
    records = ledger.to_records([CLAIM.judge(0.5)], "")
    records += [{**records[0], "id": "interp/randomised/two", "measured": None}]
    replace(tmp_path / "claims.json", json.dumps(records).encode())
    beside = Table("Of arms.", ["Arm", "Score"], [["trained", "0.25"]])
    stored.write_findings(tmp_path, Findings(tables=[beside]), {"took": "2 min"})
    file = tmp_path / "kept.json"
    keep.write(tmp_path, file)
    kept = json.loads(file.read_text())
    assert kept["facts"] == {"took": "2 min"} and kept["command"] == CONFIG["command"]
    values, copy = keep.tables(file)
    assert values.rows == [["one", "0.500"], ["two", "not measured"]]
    assert kept["date"] in values.caption and CONFIG["command"] in values.caption
    assert (copy.header, copy.rows) == (beside.header, beside.rows)
    assert copy.caption.endswith("Of arms.") and kept["date"] in copy.caption
