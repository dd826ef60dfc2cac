"""Rank: the stored scores of a release in their final order, with a probability for a stated population.

All known NESs are those of cargoes; in a proteome most proteins are none. A probability is therefore that of an NES in
a cargo times that of a cargo, and the cargo prior changes the second factor: of known cargoes (a prior of 1) only the
first one counts.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log
from typing import TYPE_CHECKING

from ..errors import ConfigurationError, InputError
from ..methods.cargo import CARGO_SHARE
from ..settings import Settings
from .decoys import SHUFFLED, by_chance
from .heads import Heads, heads_for
from .target import Target, find_target

if TYPE_CHECKING:
    from ..methods.headset import HeadSet
    from ..store.engine import Store
    from ..store.rankings import StoredRanking

MOST = 1 - 1e-15
"""A cargo prior of 1 has no odds: it is taken as this."""

Row = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class RankedProteome:
    """A ranking and how to read it.

    Attributes:
        candidates: number of candidates in the whole ranking.
        rows: those asked for, best first, keyed by the columns of ``nes.candidate``.
        over: number of candidates over each operating point of the head set that has a threshold.
        unscored: sequences of the release that have no scores yet.
        decoys: where q-values come from; None if there are none.
        cargo_share: mean probability of the proteins to be cargoes: far from the prior, the heads find more or less in
            this proteome than where their odds were fitted.
        proteins: whether the rows are proteins, the best candidate of each, with the score of the protein.
        notes: what the user should know of the heads.
    """

    target: Target
    candidates: int
    rows: Sequence[Row]
    over: Mapping[str, int]
    unscored: int
    head_set: HeadSet
    run_id: int
    cargo_prior: float
    point: str | None
    decoys: str | None
    proteins: bool = False
    cargo_share: float | None = None
    notes: tuple[str, ...] = ()

    @property
    def trained_on(self) -> tuple[str, ...]:
        """Accessions among `rows` of whose sequences the heads were trained: their scores are no test."""
        known = set(self.head_set.training_digests)
        return tuple(sorted({str(row["accession"]) for row in self.rows if row["sequence_sha256"] in known}))

    def facts(self) -> dict[str, object]:
        """Where the numbers come from, for the head of a file."""
        from ..segmentation.factory import variant_of

        model = self.head_set.language_model
        return {
            "proteome": self.target.name,
            "release": self.target.release,
            "ranking run": self.run_id,
            "language model": f"{model.name} layer {model.layer} sha256 {model.weights_sha256}",
            "segmentation": variant_of(self.head_set.segmentation),
            "head set": self.head_set.digest,
            "cargo prior": self.cargo_prior,
            "operating point": self.point or "none",
            "q-values by": self.decoys or "none",
        }

    def sentences(self) -> list[str]:
        """How many candidates there are, in words."""
        over = ", ".join(f"{count:,} over the {name} threshold" for name, count in self.over.items())
        first = f"{self.target.name} release {self.target.release}: {self.candidates:,} candidates"
        prior = f"probabilities assume that {self.cargo_prior:.0%} of the proteins are cargoes"
        if self.cargo_share is not None and self.cargo_prior < 1:
            prior += f", and by what is found in them {self.cargo_share:.0%} would be"
        if self.cargo_prior != CARGO_SHARE:
            prior += f"; thresholds and q-values, that {CARGO_SHARE:.0%} are"
        said = {None: "no q-values: no decoys were scored", SHUFFLED: "q-values by shuffled proteins"}
        decoys = said.get(self.decoys, f"q-values by {self.decoys}")
        return [f"{first}, {over}" if over else first, prior, decoys]


def prior_shift(cargo_prior: float) -> float:
    """What to add to the log-odds of a protein to be a cargo where `cargo_prior` of the proteins are.

    Bayes' rule on the odds (Saerens et al. 2002, Neural Comput 14:21): the evidence stays, and the share of cargoes
    becomes `cargo_prior`, above 0, instead of `methods.cargo.CARGO_SHARE`. At 1 every protein is one.

    Example:
        >>> prior_shift(0.1), round(prior_shift(0.5), 4)
        (0.0, 2.1972)
    """
    share = min(cargo_prior, MOST)
    return log(share / (1 - share)) - log(CARGO_SHARE / (1 - CARGO_SHARE))


def rank_proteome(
    store: Store,
    settings: Settings,
    proteome: str,
    *,
    release: str | None = None,
    limit: int | None = None,
    point: str | None = None,
    decoys: str = SHUFFLED,
    proteins: bool = False,
) -> RankedProteome:
    """The ranking of a proteome's release under the current configuration, made anew if it is missing or stale.

    Args:
        limit: rows to return, from the top; None for all.
        point: only rows over this operating point of the head set.
        decoys: where q-values come from: `SHUFFLED`, or the name of a proteome without CRM1.
        proteins: only the best candidate of each protein, in the order of the protein's score as a cargo.

    Raises:
        UsageError: if there is no such proteome or release.
        InputError: if nothing of it is scored under the current configuration.
        ConfigurationError: if the head set has no such operating point.
    """
    from ..store.rankings import cargo_share, count_over, ranked_rows
    from ..store.scores import pending

    target = find_target(store, proteome, release)
    heads = heads_for(store, settings)
    threshold = _threshold(heads.head_set, point)
    shift = prior_shift(settings.cargo_prior)
    unscored = pending(store, heads.configuration_id, *target.key).sequences
    if unscored and unscored == pending(store, heads.configuration_id, *target.key, again=True).sequences:
        told = f"{target.name} release {target.release} has no scores yet"
        raise InputError(told, remedy=f"nesannot score {target.name}")
    ranking = _ranking(store, settings, target, heads, shift, decoys)
    rows = ranked_rows(store, ranking.id, limit, threshold, proteins=proteins)
    thresholds = {p.name: p.threshold for p in heads.head_set.operating_points if p.threshold is not None}
    over = {name: count_over(store, ranking.id, value) for name, value in thresholds.items()}
    return RankedProteome(
        target=target,
        candidates=ranking.candidates,
        rows=rows,
        over=over,
        unscored=unscored,
        head_set=heads.head_set,
        run_id=ranking.run_id,
        cargo_prior=settings.cargo_prior,
        point=point,
        decoys=ranking.decoys,
        proteins=proteins,
        cargo_share=cargo_share(store, ranking.id),
        notes=heads.notes,
    )


def _threshold(head_set: HeadSet, point: str | None) -> float:
    """Threshold on the combined score; 0 for no point."""
    if point is None:
        return 0.0
    found = head_set.operating_point(point)
    if found.threshold is None:
        told = f"the operating point {point} is not available"
        others = [f"--point {own.name}" for own in head_set.operating_points if own.threshold is not None]
        remedy = " or ".join(others) or "leave --point away: none of this head set is available"
        raise ConfigurationError(told, why=found.why, remedy=remedy)
    return found.threshold


def _ranking(
    store: Store, settings: Settings, target: Target, heads: Heads, shift: float, decoys: str
) -> StoredRanking:
    """The stored ranking if nothing changed since, else a new one."""
    from ..errors import InternalError
    from ..store.changes import record_pipeline
    from ..store.decoys import find_decoys
    from ..store.rankings import find_ranking, fresh_ranking, materialise
    from ..store.runs import run

    shuffled = decoys == SHUFFLED
    known = not shuffled or find_decoys(store, heads.configuration_id, target.proteome_id) is not None
    place = (store, target.name, target.release, target.release_id, heads.configuration_id, shift)
    fresh = fresh_ranking(*place, decoys=decoys if known else None)
    if fresh:
        return fresh
    before = find_ranking(store, target.name)
    compared = by_chance(store, heads, target, decoys) if known else None
    stated = {**heads.stated, "cargo_prior": settings.cargo_prior, "decoys": compared and compared.decoys}
    with run(store, "rank", stated) as (run_id, counts):
        counts["candidates"] = materialise(
            store, *target.key, heads.configuration_id, run_id, logit_shift=shift, by_chance=compared
        )
    made = fresh_ranking(*place, decoys=compared.decoys if compared else None)
    if made is None:
        raise InternalError(f"the ranking of {target.name} was changed while it was made")
    if before and made.is_current and before.configuration_id != made.configuration_id:
        record_pipeline(store, target.key, before.id, made.configuration_id, made.run_id)
    return made
