"""Re-annotation against a UniProt of our own: what is new is computed, what still holds is not, one at a time."""

import json
from dataclasses import replace

import pytest

from nesdb_annot.errors import IncompleteError, TryLaterError
from nesdb_annot.records import ProteinRecord
from nesdb_annot.store.analyst import run_sql
from nesdb_annot.store.engine import open_store
from nesdb_annot.store.locks import only_one
from nesdb_annot.store.proteomes import list_proteomes
from nesdb_annot.store.references import load_entries
from nesdb_annot.workflow.changes import changes_of
from nesdb_annot.workflow.ingest import ingest_proteome
from nesdb_annot.workflow.proteome_source import fetched_source
from nesdb_annot.workflow.reannotate import LOCK, reannotate
from nesdb_annot.workflow.reannotate_sources import MOTIFS_RELEASE, Looking
from nesdb_annot.workflow.score import score_proteome

pytestmark = pytest.mark.xdist_group("score")

UPID = "UP000005640"
NES = "LALKLAGLDI"


class Heard:
    """Keeps what it is told."""

    def __init__(self):
        self.notes, self.steps = [], []

    def note(self, text):
        self.notes.append(text)

    def begin(self, label, total, unit="residues"):
        self.steps.append([label, total, unit, 0])

    def advance(self, residues):
        self.steps[-1][3] += residues

    def end(self):
        pass


COUNTED = """
select (select count(*) from nesannot.method_score), (select count(*) from nesannot.ranked_segment),
       (select max(scored_at)::text from nesannot.scored_sequence), (select count(*) from nesannot.change)
"""


def rows(store, text):
    return list(run_sql(store, text).rows)


@pytest.fixture
def online(settings, local_settings):
    return replace(local_settings, database_url=settings.database_url)


@pytest.fixture
def annotated(store, online, uniprot):
    """A ranked proteome of release 2026_02; then the server has 2026_03."""
    import random

    draw = random.Random(3)
    uniprot.entries = {f"P0000{n}": "".join(draw.choices("ACDEFGHIKLMNPQRSTVWY", k=80)) + NES for n in range(6)}
    ingest_proteome(store, fetched_source(online, UPID, None))
    score_proteome(store, online, UPID)
    return uniprot


def next_release(uniprot):
    """One sequence changed, one new, one merged, one deleted, three as before."""
    uniprot.release, uniprot.date = "2026_03", "05-August-2026"
    old = dict(uniprot.entries)
    uniprot.entries = {name: old[name] for name in ("P00000", "P00001", "P00002")}
    uniprot.entries |= {"P00003": old["P00003"] + "SSGSS", "P00008": old["P00004"][::-1]}


def test_a_new_release_is_fetched_compared_and_only_what_changed_is_computed(store, online, annotated, reply):
    next_release(annotated)
    split = {"inactiveReasonType": "MERGED", "mergeDemergeTo": ["P00001"]}
    inactive = {"entryType": "Inactive", "primaryAccession": "P00004", "inactiveReason": split}
    annotated.inactive = {"P00004": reply(json.dumps(inactive).encode()), "P00005": reply(status=410)}
    heard = Heard()
    done = reannotate(store, online, progress=heard)
    assert (done.releases, done.embedded, done.rescored, done.ranked, done.failed) == (1, 2, 0, 1, 0)
    assert f"UniProt is at release 2026_03, {UPID} at 2026_02" in heard.notes
    assert ["reading UniProt", 5, "entries", 5] in heard.steps
    told = rows(store, "select kind, accession, successors, basis from release_change order by 1, 2")
    assert told == [
        ("deleted", "P00005", [], "inactive_entry"),
        ("merged", "P00004", ["P00001"], "inactive_entry"),
        ("new", "P00008", [], "comparison"),
        ("new_sequence_version", "P00003", [], "comparison"),
    ]
    found = changes_of(store, UPID)
    assert (found.first, found.last) == ("2026_02", "2026_03")
    assert found.outcomes()["lost"] >= 2
    assert {row["cause"] for row in found.candidates} <= {"deleted", "merged", "new", "new_sequence_version"}
    [(release,)] = rows(store, "select distinct release from candidate")
    assert release == "2026_03"


def test_a_second_time_nothing_is_fetched_nor_computed(store, online, annotated, server):
    next_release(annotated)
    reannotate(store, online)
    before = rows(store, COUNTED)
    server.asked.clear()
    done = reannotate(store, online)
    assert not any(done.counts().values())
    assert done.sentence() == "everything is current; nothing was computed"
    assert server.paths() == ["/uniprotkb/search"], "one small request"
    assert server.asked[0][1]["size"] == "1"
    assert rows(store, COUNTED) == before


def test_a_dry_run_says_what_is_new_and_writes_nothing(store, online, annotated):
    next_release(annotated)
    runs = rows(store, "select count(*) from run_progress")
    heard = Heard()
    done = reannotate(store, online, dry_run=True, progress=heard)
    assert any("would be fetched" in note for note in heard.notes)
    assert "nothing was written" in done.sentence()
    assert rows(store, "select release from proteome_release") == [("2026_02",)]
    assert rows(store, "select count(*) from run_progress") == runs


def test_offline_no_socket_is_opened_and_local_changes_are_computed(store, online, annotated, server):
    offline = replace(online, offline=True)
    server.asked.clear()
    heard = Heard()
    assert not any(reannotate(store, offline, progress=heard).counts().values())
    assert server.asked == []
    assert "offline: UniProt is not asked for a new release" in heard.notes


def test_two_at_once_run_it_once(store, online, annotated, server):
    server.asked.clear()
    with open_store(online) as other, only_one(other, LOCK):
        done = reannotate(store, online)
        assert done.busy
        assert done.sentence() == "a re-annotation is under way already; nothing was done"
        assert server.asked == []
    assert not reannotate(store, online).busy


def test_a_server_that_fails_stops_nothing_else_and_is_told_at_the_end(store, online, annotated, server, reply):
    (changed,) = rows(store, "select max(id) from nesannot.sequence")
    with store.transaction() as connection:
        from sqlalchemy import text

        connection.execute(text("DELETE FROM nesannot.scored_sequence WHERE sequence_id = :id"), {"id": changed[0]})
        connection.execute(text("DELETE FROM nesannot.method_score WHERE sequence_id = :id"), {"id": changed[0]})
        connection.execute(text("DELETE FROM nesannot.segment WHERE sequence_id = :id"), {"id": changed[0]})
    server.answer = lambda path, query: reply(b"odd", headers={})
    with pytest.raises(TryLaterError):
        reannotate(store, online)
    [(status, counts)] = rows(store, "select status, counts from run_progress where kind = 'reannotate'")
    assert (status, counts["embedded"]) == ("failed", 1)


def test_what_was_never_ranked_is_left_alone_unless_it_is_named(store, online, uniprot):
    ingest_proteome(store, fetched_source(online, UPID, None))
    heard = Heard()
    assert not any(reannotate(store, online, progress=heard).counts().values())
    assert "no proteome is annotated yet: nesannot score, nesannot rank" in heard.notes
    assert reannotate(store, online, [UPID]).embedded == 8


def nes_entry(uniprot, accession, *spans):
    """An entry as UniProt's JSON has it, with NES motifs."""
    features = [
        {
            "type": "Motif",
            "location": {"start": {"value": first}, "end": {"value": last}},
            "description": "Nuclear export signal",
            "evidences": [{"evidenceCode": "ECO:0000269"}],
        }
        for first, last in spans
    ]
    audit = {"sequenceVersion": 1, "entryVersion": 7}
    return {
        "entryType": "UniProtKB reviewed (Swiss-Prot)",
        "primaryAccession": accession,
        "secondaryAccessions": ["Q99999"],
        "entryAudit": audit,
        "sequence": {"value": uniprot.entries[accession]},
        "features": features,
    }


def ingest_motifs(store, tmp_path, *entries, replace=False):
    from nesdb_annot.workflow.annotate import ingest_uniprot

    path = tmp_path / "entries.json"
    path.write_text(json.dumps({"results": list(entries)}))
    return ingest_uniprot(store, str(path), replace=replace)


@pytest.fixture
def motifs_served(annotated, monkeypatch):
    """The server's JSON carries NES motifs, by accession."""
    spans = {}
    plain = annotated.json
    motif = lambda accession: nes_entry(annotated, accession, *spans.get(accession, ()))  # noqa: E731
    monkeypatch.setattr(annotated, "json", lambda a: motif(a) if spans.get(a) else plain(a))
    return spans


def test_curated_motifs_are_looked_up_once_a_release(store, online, annotated, motifs_served, tmp_path, server):
    ingest_motifs(store, tmp_path, nes_entry(annotated, "P00001", (81, 90)))
    motifs_served |= {"P00001": [(81, 90)], "P00002": [(81, 90)]}
    reannotate(store, online)
    assert {entry.accession for entry in load_entries(store, sources=["uniprot"])} == {"P00001", "P00002"}
    told = "select accession, facts ->> 'source' from release_change where kind = 'motif_curation'"
    assert rows(store, told) == [("P00002", "uniprot")]
    assert rows(store, f"select counts ->> '{MOTIFS_RELEASE}' from run_progress where kind = 'reannotate'") == [
        ("2026_02",)
    ]
    server.asked.clear()
    reannotate(store, online)
    assert len(server.asked) == 1


def test_a_motif_that_curators_removed_is_gone_and_secondary_accessions_are_kept(store, annotated, tmp_path):
    ingest_motifs(store, tmp_path, nes_entry(annotated, "P00001", (81, 90)), nes_entry(annotated, "P00002", (81, 90)))
    done = ingest_motifs(store, tmp_path, nes_entry(annotated, "P00001"))
    assert done.problem.what == "uniprot would lose 1 of its 2 entries; the stored ones were kept"
    done = ingest_motifs(store, tmp_path, nes_entry(annotated, "P00001"), replace=True)
    assert any("1 gone" in sentence for sentence in done.sentences)
    assert {entry.accession for entry in load_entries(store, sources=["uniprot"])} == {"P00002"}
    former = rows(store, "select former, present, basis from nesannot.former_accession order by 2")
    assert former == [("Q99999", "P00001", "secondary_accession"), ("Q99999", "P00002", "secondary_accession")]


def test_a_reannotation_goes_on_when_a_source_would_lose_too_many(store, online, annotated, motifs_served, tmp_path):
    motifs_served |= {"P00001": [(81, 90)]}
    ingest_motifs(store, tmp_path, nes_entry(annotated, "P00001", (81, 90)), nes_entry(annotated, "P00002", (81, 90)))
    with pytest.raises(IncompleteError, match="uniprot would lose 1 of its 2 entries"):
        reannotate(store, online)
    assert len(load_entries(store, sources=["uniprot"])) == 2
    [(references,)] = rows(store, "select counts -> 'references' from run_progress where kind = 'reannotate'")
    assert references == 2, "the similarity was refreshed with the stored entries"


SCORES = """
select s.sha256, g.first_residue, g.last_residue, encode(g.pooled, 'hex'), m.name, x.raw, x.calibrated
from nesannot.segment g join nesannot.sequence s on s.id = g.sequence_id
join nesannot.method_score x using (configuration_id, sequence_id, segment) join nesannot.method m on m.id = x.method_id
where g.configuration_id = {} order by 1, 2, 3, 5
"""


@pytest.fixture
def heads_with_other_references(store):
    """The bundled heads with other, random references of the similarity, which the combination weighs."""
    import numpy as np

    from nesdb_annot.methods.headset import HeadSet
    from nesdb_annot.store.head_sets import save_head_set
    from nesdb_annot.store.runs import start_run
    from nesdb_annot.workflow.heads import bundled_head_set

    bundled = HeadSet.from_bytes(bundled_head_set())
    dimension, draw = bundled.language_model.dimension, np.random.default_rng(5)
    vectors = draw.normal(size=bundled.arrays["similarity/vectors"].shape)
    changed = {
        "center": np.zeros(dimension),
        "projection": np.eye(dimension)[:, : vectors.shape[1]],
        "vectors": vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
    }
    arrays = {f"similarity/{name}": array.astype(np.float16) for name, array in changed.items()}
    ranking = bundled.parameters["combined"]
    own = {
        "similarity": {**bundled.parameters["similarity"], "neighbours": 10},
        "combined": {**ranking, "weights": [max(weight, 0.3) for weight in ranking["weights"]]},
    }
    heads = replace(bundled, arrays={**bundled.arrays, **arrays}, parameters={**bundled.parameters, **own})
    facts = {"language_model": heads.language_model, "references_digest": "", "digest": heads.digest}
    save_head_set(store, heads.to_bytes(), name="test", run_id=start_run(store, "train", {}), **facts)


def test_changed_references_score_stored_vectors_again_without_embedding(
    store, online, heads_with_other_references, annotated, tmp_path
):
    from nesdb_annot.workflow.heads import heads_for

    offline = replace(online, offline=True, cargo_prior=1.0)  # as a list of cargoes: no small factor hides a change
    first = heads_for(store, online)
    old = rows(store, SCORES.format(first.configuration_id))
    ingest_motifs(store, tmp_path, nes_entry(annotated, "P00001", (81, 90)))
    ingest_motifs(store, tmp_path, nes_entry(annotated, "P00002", (81, 90)))
    done = reannotate(store, offline)
    assert (done.references, done.embedded, done.rescored, done.ranked) == (2, 0, 6, 1), "the first one is news, too"
    derived = heads_for(store, online)
    fast = rows(store, SCORES.format(derived.configuration_id))
    assert [row[:5] for row in fast] == [row[:5] for row in old], "the same candidates"
    differ = {new[4] for new, before in zip(fast, old, strict=True) if abs(new[5] - before[5]) > 0.01}
    assert "similarity" in differ
    assert differ <= {"similarity", "combined"}, "the tagger's and all other scores are as they were"
    assert not any(reannotate(store, offline).counts().values())
    score_proteome(store, offline, UPID, again=True)
    slow = rows(store, SCORES.format(derived.configuration_id))
    assert slow == fast, "to the last bit"
    assert rows(store, "select kind, moved > 0 from release_change where kind = 'pipeline'") == [("pipeline", True)]


EVERYTHING = """
select (select count(*) from nesannot.run), (select count(*) from nesannot.configuration),
       (select count(*) from nesannot.head_set), (select count(*) from nesannot.method_score),
       (select max(scored_at)::text from nesannot.scored_sequence), (select max(ranked_at)::text from nesannot.ranking)
"""


def dry_and_real(store, settings):
    """Counts of a dry run, which writes nothing, and of the run that follows."""
    before = rows(store, EVERYTHING)
    would = reannotate(store, settings, dry_run=True)
    assert rows(store, EVERYTHING) == before
    return would.counts(), reannotate(store, settings).counts()


def test_a_dry_run_counts_what_the_real_run_then_does(store, online, annotated, tmp_path):
    offline = replace(online, offline=True)
    ingest_motifs(store, tmp_path, nes_entry(annotated, "P00001", (81, 90)))
    ingest_motifs(store, tmp_path, nes_entry(annotated, "P00002", (81, 90)))
    [gone] = rows(store, "select min(id) from nesannot.sequence")
    with store.transaction() as connection:
        from sqlalchemy import text

        for table in ("scored_sequence", "method_score", "segment"):
            connection.execute(text(f"DELETE FROM nesannot.{table} WHERE sequence_id = :id"), {"id": gone[0]})
    would, did = dry_and_real(store, offline)
    assert would == did
    assert (did["references"], did["embedded"], did["rescored"], did["ranked"]) == (2, 1, 5, 1)
    would, did = dry_and_real(store, offline)
    assert would == did
    assert not any(did.values())


def test_a_curated_note_changes_no_vector_and_no_score(store, online, annotated, tmp_path):
    """What was curated without a change of a span is news, but the heads stay the same ones."""
    offline = replace(online, offline=True)
    ingest_motifs(store, tmp_path, nes_entry(annotated, "P00001", (81, 90)))
    ingest_motifs(store, tmp_path, nes_entry(annotated, "P00002", (81, 90)))
    reannotate(store, offline)
    ingest_motifs(store, tmp_path, nes_entry(annotated, "P00001", (81, 90)))
    would, did = dry_and_real(store, offline)
    assert would == did
    assert (did["embedded"], did["rescored"]) == (0, 0)


def test_references_of_a_method_without_weight_change_no_combined_score(store, online, annotated, tmp_path):
    """The shipped heads give the similarity no weight: ranks and probabilities stay, bit for bit."""
    from nesdb_annot.workflow.heads import heads_for

    shown = "select accession, first_residue, rank, probability, combined, q_value from candidate order by 3"
    offline, before = replace(online, offline=True), rows(store, shown)
    first = heads_for(store, online).configuration_id
    ingest_motifs(store, tmp_path, nes_entry(annotated, "P00001", (81, 90)))
    ingest_motifs(store, tmp_path, nes_entry(annotated, "P00002", (81, 90)))
    done = reannotate(store, offline)
    assert (done.embedded, done.rescored, done.ranked) == (0, 6, 1)
    assert rows(store, shown) == before
    old, new = (rows(store, SCORES.format(key)) for key in (first, heads_for(store, online).configuration_id))
    assert {one[4] for one, two in zip(old, new, strict=True) if one != two} == {"similarity"}


class YeastServer:
    """Serves a FASTA file as the present release."""

    def __init__(self, path, reply):
        import gzip

        self.body, self.reply = gzip.decompress(path.read_bytes()), reply

    def __call__(self, path, query):
        headers = {"X-UniProt-Release": "2026_01", "X-UniProt-Release-Date": "28-January-2026"}
        if path != "/uniprotkb/search":
            return self.reply(b"{}", 404, headers)
        body = self.body if query["query"].startswith("proteome:") else b">sp|P04637|P53_HUMAN x OS=Homo\nMEEP\n"
        return self.reply(body, headers=headers | {"X-Total-Results": str(body.count(b">"))})


def as_if_scored(store, settings, name):
    """All sequences of a proteome have scores, though no candidate: what was scored years ago."""
    from nesdb_annot.records import ScoredSequence
    from nesdb_annot.store.decoys import save_decoys
    from nesdb_annot.store.proteomes import sequences_of
    from nesdb_annot.store.runs import start_run
    from nesdb_annot.store.scores import write_scored
    from nesdb_annot.workflow.heads import heads_for
    from nesdb_annot.workflow.target import find_target

    target, key = find_target(store, name), heads_for(store, settings).configuration_id
    run_id = start_run(store, "score", {})
    scored = [ScoredSequence(digest) for digest, _ in sequences_of(store, *target.key)]
    for begin in range(0, len(scored), 1000):
        write_scored(store, key, run_id, scored[begin : begin + 1000])
    save_decoys(store, key, target.proteome_id, run_id, proteins=1, residues=1000, chunk=(0, 1), combined=[0.1])
    score_proteome(store, settings, name)


def test_a_collection_that_is_new_is_heard_of_once(store, online, heads_with_other_references, annotated, tmp_path):
    offline = replace(online, offline=True)
    ingest_motifs(store, tmp_path, nes_entry(annotated, "P00001", (81, 90)))
    done = reannotate(store, offline)
    assert (done.references, done.embedded, done.ranked) == (1, 0, 1)
    assert not any(reannotate(store, offline).counts().values())


@pytest.mark.shared_data
def test_of_two_yeast_releases_only_the_changed_sequences_are_touched(store, online, server, reply, shared_data):
    from nesdb_annot.workflow.proteome_source import proteome_source

    folder, upid = shared_data / "proteomes", "UP000002311"
    first = str(folder / f"{upid}_559292.fasta.gz")
    ingest_proteome(store, proteome_source(first, upid=None, name=None, release="2025_04", released="2025-10-15"))
    as_if_scored(store, online, upid)
    server.answer = YeastServer(folder / f"{upid}_559292.other_release.fasta.gz", reply)
    done = reannotate(store, online)
    found = changes_of(store, upid)
    assert found.kinds()["new_sequence_version"] == 3
    assert (done.releases, done.embedded, done.ranked) == (1, 3, 1)
    assert found.outcomes()["gained"] > 0
    assert not any(reannotate(store, online).counts().values())


def test_isoforms_are_fetched_again_where_there_are_some(store, online, uniprot, server):
    from nesdb_annot.store.proteomes import ProteomeKey, ingest_release
    from nesdb_annot.store.runs import start_run
    from nesdb_annot.workflow.proteome_source import UNSTATED

    kept = [ProteinRecord("P00000", "MKLVA"), ProteinRecord("P00000-2", "MKLV", isoform=2)]
    ingest_release(store, ProteomeKey(UPID), UNSTATED, kept, start_run(store, "ingest", {}))
    reannotate(store, online, [UPID], dry_run=True)
    looking = Looking(store, online, Heard(), dry_run=False)
    looking.uniprot(list_proteomes(store))
    assert looking.news.counts["releases"] == 1
    asked = [query for path, query in server.asked if query.get("query") == f"proteome:{UPID}"]
    assert [query.get("includeIsoform") for query in asked] == ["true"]


@pytest.mark.shared_data
def test_nesdb_is_compared_with_an_export_and_the_site_is_left_alone_if_it_never_was_asked(
    store, online, annotated, server, shared_data
):
    export = shared_data / "nesdb" / "nesdb_export.csv"
    reannotate(store, online, nesdb=export)
    assert len(load_entries(store, sources=["nesdb"])) > 250
    server.asked.clear()
    heard = Heard()
    reannotate(store, online, nesdb=export, progress=heard)
    assert any("all known already; nothing changed" in note for note in heard.notes)
    reannotate(store, online, progress=heard)
    assert all(path == "/uniprotkb/search" for path in server.paths())


def nesdb_page(number, residues):
    return (
        f"<html><h2>Summary for Name {number} (NES ID: {number})</h2>"
        f"<h3>Functional Export Signals</h3><p>{residues[80]}81-{residues[-1]}90</p>"
        f"<h3>Sequence (FASTA)</h3><pre>&gt;sp|P0000{number}|A_B Name\n{residues}</pre></html>"
    ).encode()


@pytest.fixture
def nesdb_served(annotated, server, reply, monkeypatch):
    """NESdb beside UniProt on the same server: pages by NES ID, which may be changed."""
    from nesdb_annot.sources import nesdb_site

    monkeypatch.setattr(nesdb_site, "SECONDS_BETWEEN", 0.0)
    pages = {str(n): nesdb_page(n, annotated.entries[f"P0000{n}"]) for n in (1, 2)}

    def answer(path, query):
        if not path.startswith("/LRNes/"):
            return annotated(path, query)
        if path.endswith("details.php"):
            return reply(pages[query["name"]])
        listed = sorted(pages) if path.endswith("namesGood.php") else ["2"]
        return reply("".join(f'<a href="details.php?name={n}">Name {n}</a>' for n in listed).encode())

    server.answer = answer
    return pages


def test_an_entry_that_nesdb_changed_is_read_again_and_stored_vectors_are_scored(
    store, online, annotated, nesdb_served, server, monkeypatch
):
    from nesdb_annot.workflow import reference_sources
    from nesdb_annot.workflow.ingest import ingest_references
    from nesdb_annot.workflow.reference_sources import nesdb_entries

    ingest_references(store, "nesdb_site", nesdb_entries(online, None, accepted_terms=True))
    assert len(load_entries(store, sources=["nesdb_site"])) == 2
    reannotate(store, online)
    nesdb_served["1"] = nesdb_page(1, annotated.entries["P00001"]).replace(b"81-", b"18-").replace(b"90<", b"40<")
    server.asked.clear()
    assert not any(reannotate(store, online).counts().values()), "seen a moment ago"
    assert [path for path in server.paths() if "LRNes" in path] == ["/LRNes/namesGood.php", "/LRNes/namesDoubt.php"]
    monkeypatch.setattr(reference_sources, "OLDEST_DAYS", 0)
    done = reannotate(store, online)
    assert (done.references, done.embedded, done.rescored) == (1, 0, 6)
    told = rows(store, "select accession, facts ->> 'source' from release_change where kind = 'motif_curation'")
    assert ("P00001", "nesdb_site") in told
    assert not any(reannotate(store, online).counts().values())
