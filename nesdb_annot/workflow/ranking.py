"""Rank a release: the stored scores in their final order, stored where every reader finds them.

All known NESs are those of cargoes; in a proteome most proteins are none. A probability is therefore that of an NES in
a cargo times that of a cargo, and the cargo prior changes the second factor: of known cargoes (a prior of 1) only the
first one counts.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import exp, log
from typing import TYPE_CHECKING

from ..methods.cargo import CARGO_SHARE, SHORTEST_PROTEIN
from ..records import Json
from ..settings import Settings
from .decoys import SHUFFLED, by_chance, chance, score_decoys
from .heads import Heads
from .progress import Progress
from .segment_vectors import save_vectors
from .target import Target, find_target

if TYPE_CHECKING:
    from ..store.engine import Store
    from ..store.rankings import StoredRanking

LEAST_PROTEINS = 200
"""q-values are shares of a population: in a smaller proteome they are estimated only if somebody asks for them."""

WITHOUT = "none"
"""Value of ``--decoys`` for a ranking without q-values."""

MOST = 1 - 1e-15
"""A cargo prior of 1 has no odds: it is taken as this."""


@dataclass(frozen=True, slots=True)
class RankingOptions:
    """How a stored ranking is made.

    Attributes:
        cargo_prior: share of the proteins that are assumed to be cargoes.
        decoys: `SHUFFLED`, the name of a proteome without CRM1, or None for no q-values.
    """

    cargo_prior: float
    decoys: str | None

    @property
    def arguments(self) -> dict[str, Json]:
        """The options by name, for a deferred command."""
        return {"cargo_prior": self.cargo_prior, "decoys": self.decoys}


@dataclass(frozen=True, slots=True)
class RankingReport:
    """The ranking of a release after its scoring.

    Attributes:
        ranking: the stored ranking; None if no sequence has scores.
        made: whether it was made now; else the stored one still holds.
        retained: a complete ranking that was not replaced, since some of its sequences lost their scores.
    """

    target: Target
    ranking: StoredRanking | None
    made: bool = False
    retained: bool = False

    def sentences(self) -> list[str]:
        """The outcome in words."""
        if self.ranking is None:
            return [f"{self.target.name}: nothing was ranked, no sequence has scores"]
        name = f"{self.target.name} release {self.target.release}"
        if self.retained:
            when = f"{self.ranking.ranked_at:%Y-%m-%d %H:%M}"
            return [f"{name}: the complete ranking of {when} stays, now not every sequence has scores"]
        amount = f"{self.ranking.candidates:,} candidates, {self.ranking.coverage}"
        lines = [f"{name}: ranked {amount}" if self.made else f"{name}: the ranking is up to date, {amount}"]
        if self.ranking.decoys is None and self.target.proteins < LEAST_PROTEINS:
            lines.append(few_proteins(self.target.name, self.target.proteins))
        return lines


def few_proteins(name: str, proteins: int) -> str:
    """Why a small proteome has no q-values, and what to type for them."""
    why = f"q-values need {LEAST_PROTEINS} proteins, {name} has {proteins:,}"
    return f"no q-values: {why}; `nesannot score {name} --decoys {SHUFFLED}` estimates them all the same"


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


def shifted_prior(logit_shift: float) -> float:
    """The cargo prior that `prior_shift` turns into `logit_shift`.

    Example:
        >>> shifted_prior(0.0), shifted_prior(prior_shift(0.3)), shifted_prior(prior_shift(1.0))
        (0.1, 0.3, 1.0)
    """
    odds = exp(-logit_shift) * (1 - CARGO_SHARE) / CARGO_SHARE
    return round(1 / (1 + odds), 12)


def _is_peptide(store: Store, target: Target) -> bool:
    """Whether the release is one sequence that is too short to say whether its protein is a cargo."""
    from ..store.proteomes import sequences_of

    return target.proteins == 1 and all(len(r) < SHORTEST_PROTEIN for _, r in sequences_of(store, *target.key))


def ranking_options(
    store: Store, settings: Settings, target: Target, cargo_prior: float | None = None, decoys: str | None = None
) -> RankingOptions:
    """How to rank a release: as asked for, else as the settings say, else as its proteome is ranked so far.

    Args:
        cargo_prior: None for the setting; where that is the default, for the prior of the present ranking. A single
            sequence too short to tell (`SHORTEST_PROTEIN`) is assumed to be from a cargo if its release is not ranked.
        decoys: `SHUFFLED`, a proteome without CRM1 or `WITHOUT`. None for those of the present ranking; where it has
            none (`WITHOUT` does not stay), shuffled proteins from `LEAST_PROTEINS` proteins on.

    Raises:
        UsageError: if `decoys` names no proteome.
        ConfigurationError: if the prior cannot be.
    """
    from ..store.rankings import find_ranking

    present = find_ranking(store, target.name)
    prior = settings.cargo_prior if cargo_prior is None else replace(settings, cargo_prior=cargo_prior).cargo_prior
    if cargo_prior is None and settings.cargo_prior == Settings().cargo_prior:
        if _is_peptide(store, target) and not (present and present.release == target.release):
            prior = 1.0
        elif present and not present.proteins == 1 < target.proteins:
            prior = shifted_prior(present.logit_shift)
    if decoys == WITHOUT:
        return RankingOptions(prior, None)
    if decoys not in (None, SHUFFLED):
        return RankingOptions(prior, find_target(store, str(decoys)).name)
    usual = SHUFFLED if target.proteins >= LEAST_PROTEINS else None
    return RankingOptions(prior, decoys or (present and present.decoys) or usual)


def check_decoys(store: Store, heads: Heads, target: Target, options: RankingOptions) -> None:
    """Refuse decoys that cannot be compared with, before anything is scored for hours.

    Raises:
        InputError: if they are a proteome that is not ranked under the configuration of `heads`.
    """
    if options.decoys not in (None, SHUFFLED):
        chance(store, heads.configuration_id, target.name, str(options.decoys), heads.head_set.training_digests)


def finish_scoring(
    store: Store,
    settings: Settings,
    heads: Heads,
    target: Target,
    options: RankingOptions,
    progress: Progress,
    *,
    queued_run: int | None = None,
) -> RankingReport:
    """What follows the last scored sequence: shuffled proteins for q-values, the ranking, the file of vectors."""
    if options.decoys == SHUFFLED:
        score_decoys(store, settings, heads, target, progress=progress)
    report = rank_scores(store, heads, target, options, queued_run=queued_run)
    save_vectors(store, settings, heads.configuration_id, progress.note)
    return report


def rank_scores(
    store: Store, heads: Heads, target: Target, options: RankingOptions, *, queued_run: int | None = None
) -> RankingReport:
    """Rank what is scored, unless the stored ranking still holds; computes no score.

    Args:
        queued_run: number of a queued run that this carries out.
    """
    from ..store.changes import record_pipeline
    from ..store.rankings import find_ranking, materialise, ranking_under
    from ..store.runs import run

    fresh = up_to_date(store, heads, target, options)
    if fresh:
        return RankingReport(target, fresh)
    if not _has_scores(store, heads, target):
        return RankingReport(target, ranking_under(store, target.name, heads.configuration_id, target.release))
    before = find_ranking(store, target.name)
    compared = by_chance(store, heads, target, options.decoys) if options.decoys else None
    stated = {**heads.stated, "proteome": target.name, "release": target.release, "cargo_prior": options.cargo_prior,
              "decoys": compared and compared.decoys}  # fmt: skip
    with run(store, "rank", stated, queued_run=queued_run) as (run_id, counts):
        shift = prior_shift(options.cargo_prior)
        ranked = materialise(
            store, *target.key, heads.configuration_id, run_id, logit_shift=shift, by_chance=compared
        )
        counts["candidates"] = ranked
    made = ranking_under(store, target.name, heads.configuration_id, target.release)
    if ranked is not None and made and before and made.is_current and before.configuration_id != made.configuration_id:
        record_pipeline(store, target.key, before.id, made.configuration_id, made.run_id)
    return RankingReport(target, made, made=ranked is not None, retained=ranked is None)


def up_to_date(store: Store, heads: Heads, target: Target, options: RankingOptions) -> StoredRanking | None:
    """The stored ranking of a release, if it is made with these options and nothing was scored since."""
    from ..store.rankings import fresh_ranking

    place = (store, target.name, target.release, target.release_id, heads.configuration_id)
    return fresh_ranking(*place, prior_shift(options.cargo_prior), decoys=options.decoys)


def rank_what_is_scored(store: Store, heads: Heads, target: Target, options: RankingOptions) -> None:
    """Rank a part of a release, for readers to see until its scoring goes on; not if they see a complete ranking."""
    from ..store.rankings import find_ranking

    present = find_ranking(store, target.name)
    if present is None or not present.complete:
        rank_scores(store, heads, target, options)


def _has_scores(store: Store, heads: Heads, target: Target) -> bool:
    from ..store.rankings import covered_now

    return covered_now(store, *target.key, heads.configuration_id).scored > 0
