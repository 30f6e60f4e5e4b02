"""The JSON report: everything, for other programs."""

from __future__ import annotations

import json

from samples import HOSTILE, ROOT, stopped_run

from literate.report.json import json_text


def test_it_holds_everything():
    data = json.loads(json_text(stopped_run(), ROOT))
    assert (data["format"], data["passed"], data["seconds"]) == (1, False, 1.5)
    assert data["counts"] == {"passed": 1, "skipped": 1, "failed": 2, "not run": 1}
    bad = data["notebooks"][2]
    assert bad["path"] == "nbs/02_bad.ipynb"
    (cell,) = bad["cells"]
    assert (cell["line"], cell["source"]) == (1, HOSTILE)
    assert cell["error"]["name"] == "E"
    assert cell["outputs"][0]["text"] == HOSTILE
