"""Figures: all are written, hold what they were given, and are the same for the same material."""

import builtins
import sys
import xml.etree.ElementTree as ElementTree
from dataclasses import replace

import numpy as np
import pytest

from nesdb_annot.errors import CannotWriteError, ConfigurationError
from nesdb_annot.installation import install_command
from nesdb_annot.records import SegmentationIdentity
from nesdb_annot.report import candidates, flow, quality, scores, style, training
from nesdb_annot.report.figures import FROM_EVALUATION, FROM_HEAD_SET, FROM_RANKING, draw_all, drawn, missing
from nesdb_annot.workflow.plot_material import Evaluated, Outcomes, PlotMaterial

EVERY = sorted({**FROM_EVALUATION, **FROM_RANKING, **FROM_HEAD_SET})


def texts(figure):
    """Every text of a figure, legends and ticks included."""
    from matplotlib.text import Text

    figure.canvas.draw()
    return [one.get_text() for one in figure.findobj(Text) if one.get_text()]


def test_everything_is_written_as_svg_pdf_and_png(material, tmp_path):
    written = draw_all(material, tmp_path / "deep" / "figures")
    assert sorted(path.name for path in written) == sorted(f"{n}.{kind}" for n in EVERY for kind in style.FORMATS)
    assert all(path.stat().st_size > 2000 for path in written)
    for path in written:
        if path.suffix == ".svg":
            assert ElementTree.parse(path).getroot().tag.endswith("svg")
        if path.suffix == ".png":
            assert path.read_bytes().startswith(b"\x89PNG")


def test_the_eight_plots_of_the_paper_are_there():
    assert {int(name[4]) for name in EVERY if name.startswith("plot")} == set(range(1, 9))


def test_the_same_material_gives_the_same_picture(material, tmp_path):
    for directory in ("a", "b"):
        draw_all(PlotMaterial(material.ranked, None, None), tmp_path / directory)
    for path in (tmp_path / "a").glob("*.svg"):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_only_what_there_is_material_for_is_drawn(material):
    assert {name for name, _ in drawn(PlotMaterial(None, material.evaluated, None))} == set(FROM_EVALUATION)
    assert {name for name, _ in drawn(PlotMaterial(material.ranked, None, None))} == set(FROM_RANKING)
    silent = replace(material.head_set, report={})
    assert {name for name, _ in drawn(PlotMaterial(None, None, silent))} == {"flow_chart"}


def test_what_is_missing_is_said_with_what_to_type(material):
    assert missing(material) == []
    told = " ".join(missing(PlotMaterial(None, None, None)))
    assert all(name in told for name in EVERY)
    assert all(command in told for command in ("nesannot evaluate", "nesannot rank", "nesannot train"))
    told = missing(PlotMaterial(None, None, None, "this is no head set (format 2, not 4)"))
    assert "flow_chart" in told[-1] and "this is no head set (format 2, not 4); nesannot train" in told[-1]
    assert len(missing(PlotMaterial(None, Evaluated(1, {"honest": {}}, []), None))) == 3


def test_axes_are_labelled(material):
    words = ("probability", "share", "residues", "precision", "epoch", "%", "AUROC", "intervals", "segmentation")
    with style.look():
        for name, figure in drawn(material):
            said = texts(figure)
            assert any(word in text for text in said for word in words), name


def test_a_directory_that_cannot_be_made(material, tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CannotWriteError, match="cannot make the directory"):
        draw_all(material, tmp_path / "file" / "figures")


def test_without_matplotlib_it_says_what_to_type(monkeypatch):
    real = builtins.__import__

    def absent(name, *arguments, **named):
        if name.partition(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *arguments, **named)

    monkeypatch.setattr(builtins, "__import__", absent)
    for name in [name for name in sys.modules if name.partition(".")[0] == "matplotlib"]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(ConfigurationError, match="matplotlib") as raised:
        style.check_matplotlib()
    assert raised.value.remedy == install_command("matplotlib")


def test_colours_tell_methods_apart_and_baselines_are_grey():
    from matplotlib.colors import to_rgb

    methods = ("combined", "consensus", "similarity", "neural", "tagger", "biochemical")
    assert len({style.colour(name) for name in methods}) == len({str(style.line(name)) for name in methods}) == 6
    lightness = sorted(float(np.dot(to_rgb(style.colour(name)), (0.299, 0.587, 0.114))) for name in methods)
    assert lightness[0] == 0
    assert style.colour("wregex") == style.GREY
    assert style.spoken("paper_weighted_sum") == "weighted sum (paper)"


def test_log_odds_are_kept_within_bounds():
    odds = scores.log_odds(np.array([0.0, 0.5, 1.0]))
    assert odds[1] == 0
    assert [odds[0], -odds[2]] == pytest.approx([np.log(scores.LOWEST / (1 - scores.LOWEST))] * 2)


def test_distributions_hold_all_candidates_of_each_kind(evaluated):
    said = texts(scores.distributions(evaluated))
    hits = int(evaluated.outcomes["honest"]["combined"].hit.sum())
    assert f"hits ({hits:,})" in said
    assert f"errors ({200 - hits:,})" in said
    assert "wregex" not in said


def test_the_receiver_operating_characteristic_of_a_perfect_and_a_blind_method():
    hit = np.array([True, True, False, False])
    perfect = Outcomes(np.array([0.9, 0.8, 0.2, 0.1]), hit)
    blind = Outcomes(np.full(4, 0.5), hit)
    figure = quality.characteristic(Evaluated(1, {"honest": {"combined": perfect, "random": blind}, "paper": {}}, []))
    said = texts(figure)
    assert "combined, 1.00" in said
    assert "random, 0.50" in said


def test_merits_are_of_the_whole_method_and_the_best_stands_on_top(evaluated):
    figure = quality.merits(evaluated)
    panel = figure.axes[4]
    assert panel.get_title() == "AUROC"
    by_row = [float(one.get_xdata()[0]) for one in panel.lines]
    assert by_row == sorted(by_row)
    found = [f.value for f in evaluated.figures if (f.protocol, f.figure, f.condition) == ("honest", "auroc", "")]
    assert by_row == pytest.approx(sorted(found))


def test_best_candidates_are_named_in_their_order(ranked):
    labels = [text.get_text() for text in candidates.best_candidates(ranked).axes[0].get_yticklabels()]
    assert labels[0] == "1  GENE0 1-12"
    assert len(labels) == 20


def test_classes_count_candidates_without_a_pattern(ranked):
    labels = [text.get_text() for text in candidates.classes(ranked).axes[0].get_yticklabels()]
    assert set(labels) == {"no pattern", "1a", "3", "1b-R"}
    without = replace(ranked, classes=["1a"] * 300)
    assert [t.get_text() for t in candidates.classes(without).axes[0].get_yticklabels()] == ["1a"]


@pytest.mark.parametrize(("number", "best"), [(300, 20), (5000, 50), (20, 20)])
def test_the_best_are_a_hundredth_but_not_fewer_than_are_named(ranked, number, best):
    many = replace(ranked, lengths=np.resize(ranked.lengths, number))
    assert f"best {best:,}" in texts(candidates.lengths(many))


def test_a_large_ranking_is_thinned_but_keeps_its_best(ranked):
    many = replace(ranked, scores=np.tile(ranked.scores, (100, 1)))
    columns = scores._columns(many, limit=1000)
    assert len(columns["combined"]) < 2000
    assert columns["combined"][:300] == pytest.approx(scores.log_odds(ranked.scores[:, -1]))


def test_the_flow_chart_says_what_runs(head_set):
    said = " ".join(texts(flow.flow_chart(head_set)))
    words = ("small", "layer 6", "lattice", "8-25", "consensus", "0.70", "stack", "12 cargoes with 15 NESs")
    assert [word for word in (*words, head_set.digest[:12]) if word not in said] == []
    other = replace(head_set, segmentation=SegmentationIdentity("zps", 1, {}))
    assert "all segments kept" in " ".join(texts(flow.flow_chart(other)))


def test_loss_curves_mark_the_epoch_that_was_kept(head_set):
    assert set(training.curves_of(head_set)) == {"neural", "tagger"}
    figure = training.loss_curves(head_set)
    dots = [one for one in figure.axes[0].lines if len(one.get_xdata()) == 1]
    assert [float(one.get_xdata()[0]) for one in dots] == [2.0]
    assert training.curves_of(replace(head_set, report={"loss_curves": "none"})) == {}
