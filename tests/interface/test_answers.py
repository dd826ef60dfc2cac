"""The Python interface for single proteins: verdict, table, picture and variants."""

import xml.etree.ElementTree as ET

import pytest

import nesdb_annot as nes
from nesdb_annot.errors import InputError

PKI = "MTDVETTYADFIASGRTGRRNAIHDILVSSASGNSNELALKLAGLDINKTEGEEDAQRSSTEQSGEAQGEAAKSES"


@pytest.fixture(scope="module")
def given(tmp_path_factory, cache_in):
    directory = tmp_path_factory.mktemp("answers")
    return {"data_dir": directory, "cache_dir": cache_in(directory), "workers": 1}


def test_predict_answers_for_one_sequence(given):
    pytest.importorskip("pandas")
    answer = nes.predict(PKI, cargo=True, **given)
    assert answer.verdict == "likely NES"
    assert str(answer).startswith("sequence, 76 residues: likely NES\n")
    frame = answer.to_frame()
    assert frame.loc[0, ["first_residue", "last_residue", "training"]].tolist() == [38, 48, "same"]
    ET.fromstring(answer.to_svg())
    assert "<svg" in answer._repr_html_()


def test_predict_answers_for_named_sequences(given):
    answers = nes.predict({"a<b": PKI, "short": "MNELALKLAGLDI"}, **given)
    assert [one.prediction.accession for one in answers] == ["a<b", "short"]
    assert "a<b" not in answers[0]._repr_html_()
    assert any("fewer than 30 residues" in sentence for sentence in answers[1].sentences)


def test_mutate_and_plot(given):
    [effect] = nes.mutate(PKI, ["L42A"], **given)
    assert effect.effect == "weakened"
    assert nes.plot(PKI, **given).startswith("<svg")


def test_bad_residues_are_refused(given):
    with pytest.raises(InputError, match="cannot be read"):
        nes.predict("MK1", **given)
