"""List a ranking: stored rows, or the same candidates under another prior or other decoys. Writes nothing.

Everything is read from views, so that a role that may only read can do it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..errors import ConfigurationError, InputError
from ..methods.cargo import CARGO_SHARE, SHORTEST_PROTEIN
from ..relation import MEANINGS, Relation
from ..settings import Settings
from .decoys import SHUFFLED, chance, chance_steps
from .failures import failure_line
from .ranking import LEAST_PROTEINS, WITHOUT, few_proteins, prior_shift, shifted_prior
from .stored_ranking import head_set_of, notes_on, stored_ranking

if TYPE_CHECKING:
    from ..methods.headset import HeadSet
    from ..store.engine import Store
    from ..store.rankings import ByChance, StoredRanking
    from ..store.scores import FailedSequence

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RankedProteome:
    """A ranking and how to read it.

    Attributes:
        ranking: the stored ranking.
        rows: best first, keyed by the columns of ``nes.candidate``; equal sequences have a row and the same rank each.
        over: number of candidates over each operating point of the head set that has a threshold.
        head_set: the heads that scored; None if they are neither in the database nor in this version.
        cargo_prior: assumed share of cargoes, of the stored ranking or as asked for.
        decoys: where q-values come from; None if there are none.
        computed: whether probabilities or q-values were computed for this list and are not stored.
        cargo_share: mean probability of the proteins to be cargoes; like the prior where the odds were fitted.
        proteins: whether the rows are proteins, the best candidate of each, with the score of the protein.
        notes: what the user should know of the heads.
        failed: sequences of the release that could not be scored.
    """

    ranking: StoredRanking
    rows: Sequence[Row]
    over: Mapping[str, int]
    head_set: HeadSet | None
    cargo_prior: float
    point: str | None
    decoys: str | None
    computed: bool = False
    proteins: bool = False
    cargo_share: float | None = None
    notes: tuple[str, ...] = ()
    failed: tuple[FailedSequence, ...] = ()

    @property
    def candidates(self) -> int:
        """Number of candidates in the whole ranking."""
        return self.ranking.candidates

    @property
    def run_id(self) -> int:
        """The run that ranked."""
        return self.ranking.run_id

    def training_sentences(self) -> list[str]:
        """Return what the relation of the listed proteins to the training set means for their scores."""
        same, related = (self._accessions(relation) for relation in (Relation.SAME, Relation.RELATED))
        lines = []
        if same:
            lines.append(f"In the training set: {_some(same)}.")
        if related:
            lines.append(f"Related to a training protein: {_some(related)}.")
        if lines:
            lines.append("Scores of these proteins are not independent evidence.")
        if self._accessions(Relation.NONE):
            lines.append(f"training none: {MEANINGS[Relation.NONE]} in the training set.")
        if self._accessions(None):
            again = f"nesannot score {self.ranking.proteome} --again"
            lines.append(f"training is empty for proteins that an earlier version scored: `{again}` determines it.")
        return lines

    def _accessions(self, relation: Relation | None) -> list[str]:
        """Return the accessions of the listed proteins with that relation to the training set; None where unknown."""
        return sorted({str(row["accession"]) for row in self.rows if row.get("training") == relation})

    def facts(self) -> dict[str, object]:
        """Where the numbers come from, for the head of a file."""
        from ..segmentation.factory import variant_of

        ranking = self.ranking
        return {
            "proteome": ranking.proteome,
            "release": ranking.release,
            "sequences": ranking.coverage,
            "complete": "yes" if ranking.complete else "no",
            "ranking run": ranking.run_id,
            "language model": f"{ranking.language_model} layer {ranking.layer} sha256 {ranking.weights_sha256}",
            "segmentation": variant_of(ranking.segmentation_identity),
            "head set": ranking.head_set_digest,
            "cargo prior": self.cargo_prior,
            "operating point": self.point or "none",
            "q-values by": self.decoys or "none",
        }

    def sentences(self) -> list[str]:
        """How many candidates there are, in words."""
        ranking = self.ranking
        over = ", ".join(f"{count:,} over the {name} threshold" for name, count in self.over.items())
        first = f"{ranking.proteome} release {ranking.release}: {self.candidates:,} candidates"
        lines = [f"{first}, {over}" if over else first]
        if not ranking.complete:
            lines.append(f"{ranking.coverage}: `nesannot score {ranking.proteome}` scores the rest")
        lines += [failure_line(ranking.proteome, self.failed)] if self.failed else []
        lines += [self._prior(), self._chance()]
        if self.computed:
            options = f"--cargo-prior {self.cargo_prior:g} --decoys {self.decoys or WITHOUT}"
            lines.append(f"computed for this list, not stored: `nesannot score {ranking.proteome} {options}` stores it")
        return lines

    def _chance(self) -> str:
        """Where q-values come from, or why there are none."""
        if self.decoys:
            return f"q-values by {'shuffled proteins' if self.decoys == SHUFFLED else self.decoys}"
        if self.ranking.proteins < LEAST_PROTEINS:
            return few_proteins(self.ranking.proteome, self.ranking.proteins)
        return "no q-values: no decoys were compared with"

    def _prior(self) -> str:
        length = max((int(str(row["length"])) for row in self.rows), default=SHORTEST_PROTEIN)
        if self.ranking.proteins == 1 and self.cargo_prior == 1 and length < SHORTEST_PROTEIN:
            why = f"the sequence has {length} residues, too few to tell whether its protein is a cargo"
            return f"{why}; probabilities assume that it is one"
        prior = f"probabilities assume that {self.cargo_prior:.0%} of the proteins are cargoes"
        if self.cargo_share is not None and self.cargo_prior < 1:
            prior += f", and by what is found in them {self.cargo_share:.0%} would be"
        if self.cargo_prior != CARGO_SHARE:
            prior += f"; thresholds and q-values, that {CARGO_SHARE:.0%} are"
        return prior


def _some(names: Sequence[str], shown: int = 10) -> str:
    """Return the first names, and how many more there are.

    Example:
        >>> _some(("A", "B", "C"), 2)
        'A, B and 1 more'
    """
    more = f" and {len(names) - shown:,} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


@dataclass(frozen=True, slots=True)
class Listing:
    """Which part of a ranking is listed, and under which assumptions.

    Attributes:
        limit: rows from the top; None for all.
        point: only rows over this operating point of the head set.
        proteins: only the best candidate of each protein, in the order of the protein's score as a cargo.
        cargo_prior: None for the setting; where that is the default, for the prior of the stored ranking.
        decoys: `SHUFFLED`, the name of a proteome without CRM1, or ``none``; None for those of the stored ranking.
        as_set: the ranking under the model of the settings, also where that is the default one.
    """

    limit: int | None = None
    point: str | None = None
    proteins: bool = False
    cargo_prior: float | None = None
    decoys: str | None = None
    as_set: bool = False


def rank_proteome(
    store: Store, settings: Settings, proteome: str, *, release: str | None = None, listing: Listing | None = None
) -> RankedProteome:
    """List the ranking of a proteome that the views show, or the one of a release or of the settings' model.

    Raises:
        UsageError: if there is no such proteome.
        InputError: if it is not ranked, or its decoys were not scored.
        ConfigurationError: if the head set has no such operating point.
    """
    from ..store.candidates import cargo_share, count_over, ranked_rows
    from ..store.scores import failed_of_release

    listing = listing or Listing()
    ranking = stored_ranking(store, settings, proteome, release, as_set=listing.as_set)
    head_set = head_set_of(store, ranking)
    threshold = _threshold(head_set, listing.point)
    assumed = _assumed(store, settings, ranking, head_set, listing)
    if assumed is None:
        rows = ranked_rows(store, ranking.id, listing.limit, threshold, proteins=listing.proteins)
        share = cargo_share(store, ranking.id)
    else:
        rows, share = _ranked_again(store, ranking, assumed, threshold, listing)
    rows = _each_accession(store, ranking, rows)
    points = head_set.operating_points if head_set else ()
    thresholds = {point.name: point.threshold for point in points if point.threshold is not None}
    return RankedProteome(
        ranking=ranking,
        rows=rows,
        over={name: count_over(store, ranking.id, value) for name, value in thresholds.items()},
        head_set=head_set,
        cargo_prior=assumed.cargo_prior if assumed else shifted_prior(ranking.logit_shift),
        point=listing.point,
        decoys=assumed.decoys if assumed else ranking.decoys,
        computed=assumed is not None,
        proteins=listing.proteins,
        cargo_share=share,
        notes=notes_on(store, settings, ranking),
        failed=tuple(failed_of_release(store, ranking.configuration_id, ranking.proteome, ranking.release)),
    )


def _each_accession(
    store: Store, ranking: StoredRanking, rows: Sequence[dict[str, object]]
) -> list[dict[str, object]]:
    """The rows, repeated for each further protein with the same sequence, with the names of that protein."""
    from ..store.candidates import names_of_sequences

    digests = sorted({str(row["sequence_sha256"]) for row in rows if len(_list_of(row["accessions"])) > 1})
    names = names_of_sequences(store, ranking.proteome, ranking.release, digests) if digests else {}
    repeated = []
    for row in rows:
        others = names.get(str(row["sequence_sha256"]), [])
        repeated += [row, *(row | other for other in others if other["accession"] != row["accession"])]
    return repeated


def _list_of(value: object) -> list[object]:
    """A list column of a row."""
    return list(value) if isinstance(value, list | tuple) else []


@dataclass(frozen=True, slots=True)
class _Assumptions:
    """What a list assumes in place of what its ranking does; `retain` for the q-values of the ranking."""

    cargo_prior: float
    decoys: str | None
    by_chance: ByChance | None
    retain: bool


def _assumed(
    store: Store, settings: Settings, ranking: StoredRanking, head_set: HeadSet | None, listing: Listing
) -> _Assumptions | None:
    """The assumptions of a list; None where they are those of the stored ranking."""
    stored = shifted_prior(ranking.logit_shift)
    usual = stored if settings.cargo_prior == Settings().cargo_prior else settings.cargo_prior
    prior = replace(settings, cargo_prior=usual if listing.cargo_prior is None else listing.cargo_prior).cargo_prior
    decoys = ranking.decoys if listing.decoys is None else None if listing.decoys == WITHOUT else listing.decoys
    if decoys == ranking.decoys:
        return None if abs(prior - stored) < 1e-9 else _Assumptions(prior, decoys, None, True)
    by_chance = decoys and _by_chance(store, ranking, head_set, decoys)
    return _Assumptions(prior, by_chance.decoys if by_chance else None, by_chance or None, False)


def _by_chance(store: Store, ranking: StoredRanking, head_set: HeadSet | None, decoys: str) -> ByChance | None:
    from ..store.decoys import ranked_scores

    digests = head_set.training_digests if head_set else ()
    compared = chance(store, ranking.configuration_id, ranking.proteome, decoys, digests)
    if compared is None:
        what = f"no shuffled proteins of {ranking.proteome} were scored, or not all of them"
        raise InputError(what, remedy=f"nesannot score {ranking.proteome} --decoys {SHUFFLED}")
    return chance_steps(compared, ranked_scores(store, ranking.id))


def _ranked_again(
    store: Store, ranking: StoredRanking, assumed: _Assumptions, threshold: float, listing: Listing
) -> tuple[list[dict[str, object]], float | None]:
    from ..store.candidates import Reranking, ranked_again

    changes = Reranking(prior_shift(assumed.cargo_prior), assumed.by_chance, assumed.retain)
    return ranked_again(store, ranking.id, changes, listing.limit, threshold, proteins=listing.proteins)


def _threshold(head_set: HeadSet | None, point: str | None) -> float:
    """Threshold on the combined score; 0 for no point."""
    if point is None:
        return 0.0
    if head_set is None:
        why = "the heads of this ranking are neither in the database nor in this version of the program"
        raise ConfigurationError(f"the threshold of {point} is not known", why=why, remedy="leave --point away")
    found = head_set.operating_point(point)
    if found.threshold is None:
        told = f"the operating point {point} is not available"
        others = [f"--point {own.name}" for own in head_set.operating_points if own.threshold is not None]
        remedy = " or ".join(others) or "leave --point away: none of this head set is available"
        raise ConfigurationError(told, why=found.why, remedy=remedy)
    return found.threshold


