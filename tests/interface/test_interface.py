"""The Python interface: what it exports, and one path from a FASTA file to a DataFrame."""

import subprocess
import sys

import pytest

import nesdb_annot as nes
from nesdb_annot.errors import UsageError
from nesdb_annot.interface import Database

PROTEIN = "MTDVETTYADFIASGRTGRRNAIHDILVSSASGNSNELALKLAGLDINKTEGEEDAQRSSTEQSGEAQGEAAKSES"


def test_every_public_name_exists_and_is_documented():
    for name in nes.__all__:
        value = getattr(nes, name)
        assert name == "__version__" or value.__doc__
    assert set(nes.__all__) <= set(dir(nes))
    with pytest.raises(AttributeError, match="no_such_name"):
        _ = nes.no_such_name


def test_import_of_the_package_is_light():
    code = "import sys, nesdb_annot; print([m for m in ('torch', 'sqlalchemy', 'numba', 'pandas') if m in sys.modules])"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"


def test_ingest_score_and_candidates(store, settings, tmp_path):
    pytest.importorskip("pandas")
    path = tmp_path / "two.fasta"
    path.write_text(f">sp|P61925|IPKA_HUMAN PKI alpha\n{PROTEIN}\n>empty\n\n")
    database = Database(settings, store)
    sentences = database.ingest(path, name="two")
    assert any("1 new" in sentence for sentence in sentences)
    assert any("empty" in sentence or "no residues" in sentence for sentence in sentences)
    assert database.score("two").sequences == 1
    frame = database.candidates("two", top=3)
    assert len(frame) == 3
    assert frame["probability"].is_monotonic_decreasing
    assert frame.loc[0, "accession"] == "P61925"
    answer = database.sql("select count(*) as n from candidate where proteome = 'two'")
    assert answer.loc[0, "n"] >= 3


def test_unknown_proteome_is_refused(store, settings):
    with pytest.raises(UsageError, match="nobody"):
        Database(settings, store).rank("nobody")
