"""What is said about a run."""

import pytest

from nesdb_annot.workflow.run_report import _embedding_share

TIMES = {"worker_s": 200.0, "embedding_s": 150.0, "processor_s": 160.0, "embedding_cpu_s": 144.0}


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        ((), "75% of the workers' time, 90% of all processor time"),
        (("processor_s",), "75% of the workers' time"),
        (("embedding_s", "embedding_cpu_s"), ""),
        (tuple(TIMES), ""),
    ],
)
def test_the_share_of_embedding(left_out, said):
    assert _embedding_share({name: value for name, value in TIMES.items() if name not in left_out}) == said
