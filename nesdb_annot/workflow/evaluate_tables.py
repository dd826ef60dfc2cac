"""The tables of an evaluation, made from its figures as they are stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ..figures import EvaluationFigure
from .figure_table import Figures, Row, Table, with_interval

RANKING = ("method", "AP (95 %)", "P@R .2", "P@R .5", "P@R .68", "P@R .8", "top-1", "top-3", "top-5")
THRESHOLD = (
    *("method", "AUROC", "AUPRC", "base rate", "accuracy", "precision", "recall", "F1", "MCC", "errors/1000"),
    *("IoU", "ECE", "Brier"),
)
TRUTHS = {
    "A": "Truth A (curated peptides of at most 30 residues)",
    "B": "Truth B (functional ranges of 8 to 40 residues)",
}


def ranking_table(figures: Figures, population: str) -> Table:
    """How well each method puts known motifs first, over all thresholds."""

    def row(method: str) -> Row:
        ap, half = (figures.figure(population, method, n) for n in ("average_precision", "precision_at_0.5"))
        precision = [figures.value(population, method, f"precision_at_{r}") for r in ("0.2", "0.5", "0.68", "0.8")]
        if method == "combined":
            precision[1] = with_interval(half)
        top = [figures.value(population, method, f"top_{k}") for k in (1, 3, 5)]
        return (method, with_interval(ap), *precision, *top)

    size = [figures.count(population, "combined", name) for name in ("proteins", "motifs")]
    title = f"{TRUTHS[population]}: {size[1]} NESs, {size[0]} proteins of held-out families"
    return Table(title, RANKING, [row(method) for method in figures.methods(population, "average_precision")])


def threshold_table(figures: Figures, population: str) -> Table:
    """Each method at the threshold of highest F1 on the other folds, and its calibration."""
    names = (
        *("auroc", "auprc", "base_rate", "accuracy", "precision", "recall", "f1", "mcc", "errors_per_1000_residues"),
        *("iou", "calibration_error", "brier"),
    )
    rows = [
        (method, *(figures.value(population, method, name) for name in names))
        for method in figures.methods(population, "average_precision")
    ]
    return Table(f"{TRUTHS[population]}: at the threshold of highest F1 on the other folds", THRESHOLD, rows)


def baseline_table(figures: Figures, population: str) -> Table:
    """Each baseline at the recall that it reaches, and the combination at the same recall."""
    names = ("recall_reached", "precision_reached", "precision_of_combined_there")
    rows = [
        (method, *(figures.value(population, method, name) for name in names))
        for method in figures.methods(population, "recall_reached")
    ]
    columns = ("baseline", "recall it reaches", "its precision", "precision of combined there")
    return Table(f"{TRUTHS[population]}: beside each baseline, at its own recall", columns, rows)


def order_table(figures: Figures, population: str) -> Table:
    """Whether NESs of a protein with several are found as often as sole ones, and further ones as often as first."""
    kinds = {
        "sole": "sole",
        "leading": "first in the chain",
        "following": "further in the chain",
        "first": "best by score",
        "further": "others by score",
    }
    counts = {kind: figures.count(population, "combined", f"motifs_{kind}") for kind in kinds}
    kinds = {kind: name for kind, name in kinds.items() if counts[kind] is not None}  # an earlier version had three
    rows = [
        (method, *(with_interval(figures.figure(population, method, f"recall_{kind}")) for kind in kinds))
        for method in figures.methods(population, "recall_sole")
    ]
    columns = [f"{name} (n = {counts[kind]})" for kind, name in kinds.items()]
    title = "share found at that threshold: NESs alone in their protein, and of several by place and by score"
    return Table(f"{TRUTHS[population]}: {title}", ("method", *columns), rows)


def reliability_table(figures: Figures, population: str) -> Table:
    """Stated against observed frequency of the combination."""
    rows = [
        (
            f"{(place - 1) / 10:.1f}-{place / 10:.1f}",
            figures.count(population, "combined", f"reliability_count_{place}"),
            figures.value(population, "combined", f"reliability_stated_{place}"),
            figures.value(population, "combined", f"reliability_observed_{place}"),
        )
        for place in range(1, 11)
    ]
    columns = ("probability", "candidates", "mean stated", "share of hits")
    return Table(f"{TRUTHS[population]}: calibration of combined", columns, rows)


def share_table(figures: Figures, population: str) -> Table:
    """Where NESs are found, and what false positives look like."""
    conditions = figures.conditions(population, "motifs")
    rows = [
        (condition, *(figures.value(population, "combined", name, condition) for name in ("recall",)), number)
        for condition in conditions
        if (number := figures.count(population, "combined", "motifs", condition)) and condition != "missed"
    ]
    return Table(f"{TRUTHS[population]}: share found by combined at that threshold", ("where", "found", "NESs"), rows)


def mistake_table(figures: Figures, population: str) -> Table:
    """What is missed, and what wins instead."""
    missed = figures.count(population, "combined", "motifs", "missed")
    near = figures.value(population, "combined", "in_top_3", "missed")
    nowhere = figures.count(population, "combined", "without_candidate", "missed")
    rows: list[Row] = [
        ("NESs missed", missed),
        ("of them, share among the three best of their protein", near),
        ("of them, hit by no candidate", nowhere),
    ]
    rows += [
        (condition, figures.count(population, "combined", "errors", condition))
        for condition in figures.conditions(population, "errors")
    ]
    return Table(f"{TRUTHS[population]}: mistakes of combined at that threshold", ("what", "number"), rows)


def ablation_table(figures: Figures, population: str) -> Table:
    """The combination without each ingredient, and with fewer families."""
    names = ("average_precision", "precision_at_0.5", "precision_at_0.68", "top_1", "recall_further")
    rows = [
        (
            condition or "combined, as it is",
            with_interval(figures.figure(population, "combined", names[0], condition)),
            *(figures.value(population, "combined", name, condition) for name in names[1:]),
        )
        for condition in ("", *figures.conditions(population, "average_precision"))
    ]
    columns = ("combined", "AP (95 %)", "P@R .5", "P@R .68", "top-1", "others by score found")
    return Table(f"{TRUTHS[population]}: what each ingredient contributes", columns, rows)


def motif_free_table(figures: Figures) -> Table:
    """Candidates of an organism without CRM1 at each operating point."""
    own = ("motif_free", "combined")
    rows = [
        (
            point,
            *(figures.value(*own, f"{name}_{point}") for name in ("threshold", "precision", "recall")),
            figures.count(*own, f"errors_{point}"),
            with_interval(figures.figure(*own, f"errors_per_10000_residues_{point}")),
        )
        for point in ("strict", "balanced", "sensitive")
    ]
    size = [figures.count(*own, name) for name in ("proteins", "residues")]
    title = f"An organism without CRM1, the half that is never taught: {size[0]} proteins, {size[1]} residues"
    held_out = ("precision, held out", "recall, held out")
    columns = ("operating point", "threshold", *held_out, "candidates", "per 10,000 residues (95 %)")
    return Table(title, columns, rows)


def cargo_table(figures: Figures) -> Table:
    """Cargoes against non-binders, on pairs of equal length."""
    meant = {
        "auroc": "odds of a cargo",
        "auroc_at_least_one": "at least one NES",
        "auroc_best": "best candidate",
        "auroc_length": "length alone",
    }
    rows = [
        (
            meaning,
            with_interval(figures.figure("cargo_screen", "combined", name)),
            figures.value("cargo_screen", "combined", f"{name}_pairs"),
            figures.value("cargo_screen", "combined", f"{name}_all"),
        )
        for name, meaning in meant.items()
    ]
    size = [figures.count("cargo_screen", "combined", n) for n in ("cargoes", "non_binders", "homologues_left_out")]
    pairs, both = [figures.count("cargo_screen", "combined", n) for n in ("pairs", "pairs_of_both_halves")]
    title = f"CRM1 cargo screen: {size[0]} cargoes, {size[1]} non-binders; {size[2]} homologues of taught ones left out"
    counted = f"AUC on {pairs} pairs of equal length, the half not chosen on (95 %)"
    return Table(title, ("score of a protein", counted, f"on all {both} pairs", "on all proteins"), rows)


PAPER_STEPS = {
    "ranges": "annotated ranges, merged",
    "ranges_in_a_segment": "of them, half in one segment of the zero-shot segmentation",
    "ranges_left_after_length_filter": "of them, left after the length filter",
    "segments": "segments",
    "segments_positive": "of them, on a range",
    "segments_left_after_length_filter": "segments left after the length filter: what is measured",
    "segments_positive_left": "of them, on a range",
}


def paper_step_table(figures: Figures) -> Table:
    """How much of what is annotated the published protocol measures at all."""
    rows = [
        (meaning, figures.count("segments", "paper_segmentation", name, protocol="paper"))
        for name, meaning in PAPER_STEPS.items()
    ]
    return Table("The published protocol, step by step", ("step", "number"), rows)


def paper_table(figures: Figures, population: str) -> Table:
    """Figures as published."""
    names = ("auroc", "auprc", "accuracy", "accuracy_of_never", "precision", "recall", "f1", "threshold")
    rows = [
        (method, *(figures.value(population, method, name, protocol="paper") for name in names))
        for method in figures.methods(population, "auroc", "paper")
    ]
    size = [figures.count(population, "paper_neural", name, protocol="paper") for name in ("candidates", "positive")]
    which = {"segments": "training data included", "segments_unseen": "proteins not trained on, homologues included"}
    columns = ("method", "AUROC", "AUPRC", "accuracy", "accuracy of never", "precision", "recall", "F1", "threshold")
    title = f"The published protocol, {which[population]}: {size[0]} segments, {size[1]} positive"
    return Table(title, columns, rows)


_HONEST: tuple[Callable[[Figures, str], Table], ...] = (
    *(ranking_table, threshold_table, baseline_table, order_table, reliability_table),
)


def tables(rows: Sequence[EvaluationFigure]) -> Iterator[Table]:
    """All tables that the figures of an evaluation fill."""
    figures = Figures(rows)
    for population in TRUTHS:
        if figures.methods(population, "average_precision"):
            yield from (table(figures, population) for table in _HONEST)
    for table in (share_table, mistake_table, ablation_table):
        if figures.conditions("A", _FILLS[table]):
            yield table(figures, "A")
    if figures.value("motif_free", "combined", "proteins"):
        yield motif_free_table(figures)
    if figures.value("cargo_screen", "combined", "pairs") is not None:
        yield cargo_table(figures)
    if figures.methods("segments", "auroc", "paper"):
        yield paper_step_table(figures)
        yield from (paper_table(figures, population) for population in ("segments", "segments_unseen"))


_FILLS = {share_table: "recall", mistake_table: "errors", ablation_table: "average_precision"}
"""The figure whose conditions fill each table."""
