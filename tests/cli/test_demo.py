"""The demo from an empty database to ranked candidates; run again, it computes nothing."""

import csv
import json
import re

import psycopg
import pytest

from nesdb_annot.store.engine import parse_url

pytestmark = pytest.mark.xdist_group("demo")


@pytest.fixture(scope="module")
def first(nesannot):
    return nesannot("demo")


@pytest.fixture(scope="module")
def again(first, nesannot):
    return nesannot("demo")


def test_demo_ranks_candidates(first):
    assert first.returncode == 0, first.stderr
    lines = first.stdout.splitlines()
    assert lines[0].split()[:5] == ["rank", "accession", "gene", "span", "peptide"]
    assert [line.split()[0] for line in lines[1:6]] == ["1", "2", "3", "4", "5"]
    assert "16 proteins" in first.stderr
    assert "Next:" in first.stderr


def test_demo_marks_training_sequences_and_relatives(first):
    """MAP2K1 of man is not in the training set; MEK1 of the frog is, with the same NES."""
    same = re.search(r"In the training set: (.+)\.", first.stderr)
    related = re.search(r"Related to a training protein: (.+)\.", first.stderr)
    assert "P61925" in same.group(1)
    assert "Q02750" in related.group(1)
    assert "Q9BVS4" not in same.group(1) + related.group(1)
    assert "no relative over about 50 % identity" in first.stderr
    best = next(line for line in first.stdout.splitlines() if line.split()[1] == "Q02750")
    assert best.split("  ")[-1].startswith("related")


def test_every_file_and_view_holds_the_training_relation(first, nesannot, tmp_path):
    for view in ("candidate", "candidate_all", "protein_summary"):
        columns = "training, training_accession, round(training_share::numeric, 2)"
        done = nesannot("sql", "--csv", f"select distinct {columns} from {view} where accession = 'Q02750'")
        assert done.stdout.splitlines()[1:] == ["related,Q05116,0.78"], view
    tsv = nesannot("rank", "sample", "--top", "0", "--format", "tsv", "--no-provenance").stdout
    rows = list(csv.DictReader(tsv.splitlines(), delimiter="\t"))
    relations = {row["accession"]: (row["training"], row["training_accession"]) for row in rows}
    assert relations["Q02750"] == ("related", "Q05116")
    assert relations["P61925"] == ("same", "P61925")
    assert relations["Q9BVS4"] == ("none", "")
    gff3 = nesannot("rank", "sample", "--top", "0", "--format", "gff3").stdout
    assert "training=related;training_accession=Q05116;training_share=0.78" in gff3
    assert re.search(r"\bMAP2K1\S*_related\b", nesannot("rank", "sample", "--top", "0", "--format", "bed").stdout)


def test_demo_finds_a_published_nes_of_a_protein_it_never_saw(first, nesannot):
    done = nesannot("rank", "sample", "--top", "0", "--format", "tsv", "--no-provenance")
    rows = list(csv.DictReader(done.stdout.splitlines(), delimiter="\t"))
    riok2 = [r for r in rows if r["accession"] == "Q9BVS4"]
    assert any(int(r["first_residue"]) <= 398 and int(r["last_residue"]) >= 394 for r in riok2)


def test_second_demo_computes_nothing_and_says_so(first, again):
    assert again.returncode == 0, again.stderr
    assert "all of them known already; 0 rows added" in again.stderr
    assert "every sequence is scored already; nothing was computed" in again.stderr
    assert again.stdout == first.stdout


def test_printed_url_answers_the_printed_question(first, home, monkeypatch):
    if password := parse_url(home["NESANNOT_DATABASE_URL"]).password:
        monkeypatch.setenv("PGPASSWORD", password)
    url = re.search(r"psql '(.+)'", first.stderr).group(1)
    question = re.search(r'nesannot sql "(.+)"', first.stderr).group(1).replace("'mine'", "'sample'")
    with psycopg.connect(url) as connection:
        assert len(connection.execute(question).fetchall()) == 5


def test_sql_answers(first, nesannot):
    done = nesannot("sql", "select accession, peptide from candidate where proteome = 'sample' order by rank limit 3")
    assert done.returncode == 0, done.stderr
    assert len(done.stdout.splitlines()) == 4


def test_rank_names_training_sequences_in_any_format(first, nesannot):
    done = nesannot("rank", "sample", "--top", "5")
    marked = {line.split()[1] for line in done.stdout.splitlines() if "  same" in line}
    named = re.search(r"In the training set: (.+)\.", done.stderr)
    assert marked
    assert marked == set(named.group(1).split(", "))
    assert "In the training set: " in nesannot("rank", "sample", "--top", "5", "--format", "tsv").stderr


def test_rank_says_what_share_of_cargoes_it_finds_beside_the_one_assumed(first, nesannot):
    said = nesannot("rank", "sample", "--top", "1").stderr
    share = re.search(r"10% of the proteins are cargoes, and by what is found in them (\d+)% would be", said)
    mean = "select avg(cargo_probability) from protein_summary where proteome = 'sample'"
    assert int(share.group(1)) == round(100 * float(nesannot("sql", "--csv", mean).stdout.split()[1]))


@pytest.mark.parametrize(
    ("options", "lines", "said"),
    [
        ((), 1001, "there are more rows than these 1,000: --limit 0 prints all"),
        (("--limit", "0"), 1004, ""),
        (("--limit", "1003"), 1004, ""),
        (("--limit", "2"), 3, "more rows than these 2"),
        (("--csv",), 1004, ""),
        (("--format", "tsv"), 1004, ""),
        (("--csv", "--limit", "2"), 3, "more rows than these 2"),
    ],
)
def test_rows_that_are_not_printed_are_not_kept_quiet(first, nesannot, options, lines, said):
    done = nesannot("sql", "select generate_series(1, 1003)", *options)
    assert len(done.stdout.splitlines()) == lines
    assert said in done.stderr if said else not done.stderr


def test_that_nothing_answers_is_said(first, nesannot):
    done = nesannot("sql", "--example", "supported_by_three", "--with", "proteome=nonsense")
    assert (done.returncode, done.stderr) == (0, "no row answers this\n")


@pytest.mark.parametrize("text", ["delete from candidate", "drop schema nes cascade", "create table t (i int)"])
def test_sql_cannot_write(first, nesannot, text):
    done = nesannot("sql", text)
    assert done.returncode == 65, done.stderr
    assert nesannot("sql", "select count(*) from candidate").returncode == 0


def test_sql_error_says_where(first, nesannot):
    done = nesannot("sql", "select nothing_such from candidate")
    assert done.returncode == 65
    assert "nothing_such" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("kind", ["tsv", "csv", "jsonl", "json", "gff3", "bed"])
def test_rank_writes_every_format(first, nesannot, tmp_path, kind):
    out = tmp_path / f"candidates.{kind}"
    done = nesannot("rank", "sample", "--top", "5", "--format", kind, "-o", out)
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(rf"5 of \d+ candidates written to {out}; --top 0 writes all", done.stderr.splitlines()[-1])
    rows = [line for line in out.read_text().splitlines() if not line.startswith("#")]
    assert len(rows) >= 5
    if kind == "json":
        assert len(json.loads(out.read_text())["candidates"]) == 5
    assert "language model" in out.read_text(), "provenance"


def test_a_file_that_stands_there_is_not_overwritten(first, nesannot, tmp_path):
    out = tmp_path / "taken.tsv"
    out.write_text("mine")
    assert nesannot("rank", "sample", "--format", "tsv", "-o", out).returncode == 73
    assert out.read_text() == "mine"
    assert nesannot("rank", "sample", "--format", "tsv", "-o", out, "--force").returncode == 0
    assert out.read_text() != "mine"


def test_more_cargoes_mean_higher_probabilities(first, nesannot):
    def ranked(prior):
        done = nesannot("rank", "sample", "--top", "0", "--format", "tsv", "--no-provenance", "--cargo-prior", prior)
        rows = list(csv.DictReader(done.stdout.splitlines(), delimiter="\t"))
        return {(r["accession"], r["first_residue"]): float(r["probability"]) for r in rows}

    low, high, certain = ranked("0.01"), ranked("0.9"), ranked("1")
    assert low.keys() == high.keys() == certain.keys()
    assert all(low[key] < high[key] < certain[key] for key in low)
    assert list(low.values()) == sorted(low.values(), reverse=True)


def test_proteins_are_listed_once_the_likeliest_cargo_first(first, nesannot):
    done = nesannot("rank", "sample", "--proteins", "--top", "0", "--format", "tsv", "--no-provenance")
    rows = list(csv.DictReader(done.stdout.splitlines(), delimiter="\t"))
    cargo = [float(row["cargo_probability"]) for row in rows]
    assert len({row["accession"] for row in rows}) == len(rows) > 10
    assert cargo == sorted(cargo, reverse=True)
    assert all(float(row["probability"]) < value for row, value in zip(rows, cargo, strict=True))


def test_dry_run_writes_nothing(first, nesannot):
    before = nesannot("sql", "select count(*) from run_progress").stdout
    done = nesannot("score", "sample", "--again", "--dry-run")
    assert "16 sequences" in done.stderr
    assert nesannot("sql", "select count(*) from run_progress").stdout == before


def test_runs_are_listed(first, nesannot):
    done = nesannot("runs")
    assert done.returncode == 0
    assert "score" in done.stdout
