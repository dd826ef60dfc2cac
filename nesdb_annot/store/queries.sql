-- Named statements of the store. Form: "-- name: x", then one line that says what it is for, then the statement.
-- Parameters are written :name. Casts are written CAST(x AS type), since :: and : do not go together.

-- name: known_sequences
-- Which of these digests are stored already.
SELECT sha256 FROM nesannot.sequence WHERE sha256 = ANY (:digests);

-- name: sequence_ids
-- Keys of sequences by digest.
SELECT sha256, id FROM nesannot.sequence WHERE sha256 = ANY (:digests);

-- name: stage_sequences
-- Staging table of one chunk of sequences; gone with the transaction.
CREATE TEMPORARY TABLE staged_sequence (sha256 text, md5 text, residues text) ON COMMIT DROP;

-- name: publish_sequences
-- Store the staged sequences; in the order of digests, so that two ingests at once cannot wait for each other.
INSERT INTO nesannot.sequence (sha256, md5, length, residues)
SELECT sha256, md5, char_length(residues), residues FROM staged_sequence ORDER BY sha256
ON CONFLICT (sha256) DO NOTHING;

-- name: stage_proteins
-- Staging table of all proteins of a release; gone with the connection.
CREATE TEMPORARY TABLE staged_protein (
    accession text, sha256 text, record_digest text, isoform smallint, entry_name text, reviewed boolean,
    protein_name text, organism text, taxon_id integer, gene text, existence smallint, sequence_version integer,
    fragment boolean, header text);

-- name: conflicting_accessions
-- Accessions that were staged twice with different content.
SELECT accession FROM staged_protein GROUP BY accession HAVING count(DISTINCT record_digest) > 1 ORDER BY 1 LIMIT 5;

-- name: drop_repeated
-- Keep one of several equal records.
DELETE FROM staged_protein a USING staged_protein b WHERE a.accession = b.accession AND a.ctid > b.ctid;

-- name: staged_digest
-- Number of staged proteins, and the digest of their content.
SELECT count(*) AS proteins,
       encode(sha256(convert_to(coalesce(string_agg(record_digest, '' ORDER BY accession COLLATE "C"), ''), 'UTF8')), 'hex')
           AS content_digest
  FROM staged_protein;

-- name: claim_proteome
-- Make the proteome known, or learn its title; locks its row, so that its releases are ingested one after another.
INSERT INTO nesannot.proteome (name, title, taxon_id) VALUES (:name, :title, :taxon_id)
ON CONFLICT (name) DO UPDATE SET title = coalesce(excluded.title, nesannot.proteome.title),
                                 taxon_id = coalesce(excluded.taxon_id, nesannot.proteome.taxon_id)
RETURNING id;

-- name: releases_of
-- Releases of a proteome, oldest first.
SELECT id, name, released, effective, proteins, content_digest
  FROM nesannot.release WHERE proteome_id = :proteome_id ORDER BY effective;

-- name: add_proteins
-- Make new accessions known.
INSERT INTO nesannot.protein (accession)
SELECT s.accession FROM staged_protein s
 WHERE NOT EXISTS (SELECT FROM nesannot.protein p WHERE p.accession = s.accession) ORDER BY 1
ON CONFLICT (accession) DO NOTHING;

-- name: resolve_staged
-- The staged proteins with their keys.
CREATE TEMPORARY TABLE incoming ON COMMIT DROP AS
SELECT p.id AS protein_id, q.id AS sequence_id, s.*
  FROM staged_protein s
  JOIN nesannot.protein p ON p.accession = s.accession
  JOIN nesannot.sequence q ON q.sha256 = s.sha256;

-- name: index_incoming
-- Index of the resolved staging table.
CREATE UNIQUE INDEX incoming_protein_id ON incoming (protein_id);

-- name: compare_releases
-- How the incoming release differs from the one before it: kind, how many, some accessions.
SELECT d.kind, count(*) AS proteins, (array_agg(d.accession ORDER BY d.accession))[1:5] AS examples
  FROM (SELECT coalesce(i.accession, p.accession) AS accession,
               CASE WHEN m.id IS NULL THEN 'new'
                    WHEN i.protein_id IS NULL THEN 'gone'
                    WHEN m.sequence_id <> i.sequence_id THEN 'changed'
                    WHEN ROW (m.header, m.isoform, m.entry_name, m.reviewed, m.protein_name, m.organism, m.taxon_id, m.gene,
                              m.existence, m.sequence_version, m.fragment)
                         IS DISTINCT FROM
                         ROW (i.header, i.isoform, i.entry_name, i.reviewed, i.protein_name, i.organism, i.taxon_id, i.gene,
                              i.existence, i.sequence_version, i.fragment) THEN 'header_only'
                    ELSE 'unchanged' END AS kind
          FROM (SELECT * FROM nesannot.membership
                 WHERE proteome_id = :proteome_id AND valid_from <= CAST(:before AS date)
                   AND (valid_to IS NULL OR valid_to > CAST(:before AS date))) m
          FULL JOIN incoming i ON i.protein_id = m.protein_id
          LEFT JOIN nesannot.protein p ON p.id = m.protein_id) d
 GROUP BY d.kind;

-- name: split_memberships
-- Where the incoming release contradicts what both its neighbours say, repeat the statement from the later one on.
INSERT INTO nesannot.membership (proteome_id, protein_id, sequence_id, valid_from, valid_to, isoform, entry_name, reviewed,
                                 protein_name, organism, taxon_id, gene, existence, sequence_version, fragment, header)
SELECT m.proteome_id, m.protein_id, m.sequence_id, CAST(:after AS date), m.valid_to, m.isoform, m.entry_name, m.reviewed,
       m.protein_name, m.organism, m.taxon_id, m.gene, m.existence, m.sequence_version, m.fragment, m.header
  FROM nesannot.membership m
  LEFT JOIN incoming i ON i.protein_id = m.protein_id
 WHERE m.proteome_id = :proteome_id AND m.valid_from <= CAST(:before AS date)
   AND (m.valid_to IS NULL OR m.valid_to > CAST(:after AS date)) AND CAST(:after AS date) IS NOT NULL
   AND (m.sequence_id IS DISTINCT FROM i.sequence_id
        OR ROW (m.header, m.isoform, m.entry_name, m.reviewed, m.protein_name, m.organism, m.taxon_id, m.gene, m.existence,
                m.sequence_version, m.fragment)
           IS DISTINCT FROM
           ROW (i.header, i.isoform, i.entry_name, i.reviewed, i.protein_name, i.organism, i.taxon_id, i.gene, i.existence,
                i.sequence_version, i.fragment));

-- name: close_memberships
-- What the release before said and the incoming one does not ends with the incoming one.
UPDATE nesannot.membership m SET valid_to = CAST(:at AS date)
 WHERE m.proteome_id = :proteome_id AND m.valid_from <= CAST(:before AS date)
   AND (m.valid_to IS NULL OR m.valid_to > CAST(:before AS date))
   AND NOT EXISTS (
       SELECT FROM incoming i
        WHERE i.protein_id = m.protein_id AND i.sequence_id = m.sequence_id
          AND ROW (m.header, m.isoform, m.entry_name, m.reviewed, m.protein_name, m.organism, m.taxon_id, m.gene, m.existence,
                   m.sequence_version, m.fragment)
              IS NOT DISTINCT FROM
              ROW (i.header, i.isoform, i.entry_name, i.reviewed, i.protein_name, i.organism, i.taxon_id, i.gene, i.existence,
                   i.sequence_version, i.fragment));

-- name: extend_memberships
-- What the release after says already began with the incoming one, if that says the same.
UPDATE nesannot.membership m SET valid_from = CAST(:at AS date)
  FROM incoming i
 WHERE m.proteome_id = :proteome_id AND m.valid_from = CAST(:after AS date)
   AND i.protein_id = m.protein_id AND i.sequence_id = m.sequence_id
   AND ROW (m.header, m.isoform, m.entry_name, m.reviewed, m.protein_name, m.organism, m.taxon_id, m.gene, m.existence,
            m.sequence_version, m.fragment)
       IS NOT DISTINCT FROM
       ROW (i.header, i.isoform, i.entry_name, i.reviewed, i.protein_name, i.organism, i.taxon_id, i.gene, i.existence,
            i.sequence_version, i.fragment)
   AND NOT EXISTS (SELECT FROM nesannot.membership o
                    WHERE o.proteome_id = m.proteome_id AND o.protein_id = m.protein_id AND o.valid_from <= CAST(:at AS date)
                      AND (o.valid_to IS NULL OR o.valid_to > CAST(:at AS date)));

-- name: open_memberships
-- What only the incoming release says begins with it, and ends with the release after it.
INSERT INTO nesannot.membership (proteome_id, protein_id, sequence_id, valid_from, valid_to, isoform, entry_name, reviewed,
                                 protein_name, organism, taxon_id, gene, existence, sequence_version, fragment, header)
SELECT :proteome_id, i.protein_id, i.sequence_id, CAST(:at AS date), CAST(:after AS date), i.isoform, i.entry_name, i.reviewed,
       i.protein_name, i.organism, i.taxon_id, i.gene, i.existence, i.sequence_version, i.fragment, i.header
  FROM incoming i
 WHERE NOT EXISTS (SELECT FROM nesannot.membership o
                    WHERE o.proteome_id = :proteome_id AND o.protein_id = i.protein_id AND o.valid_from <= CAST(:at AS date)
                      AND (o.valid_to IS NULL OR o.valid_to > CAST(:at AS date)))
 ORDER BY i.sequence_id;

-- name: add_release
-- The release becomes visible.
INSERT INTO nesannot.release (proteome_id, name, released, effective, proteins, content_digest, run_id)
VALUES (:proteome_id, :name, :released, CAST(:at AS date), :proteins, :content_digest, :run_id);

-- name: forget_only_here
-- Removing a release: statements that it alone made.
DELETE FROM nesannot.membership
 WHERE proteome_id = :proteome_id AND valid_from = CAST(:at AS date) AND valid_to IS NOT DISTINCT FROM CAST(:after AS date);

-- name: forget_beginnings
-- Removing a release: statements that began with it begin with the next one.
UPDATE nesannot.membership SET valid_from = CAST(:after AS date)
 WHERE proteome_id = :proteome_id AND valid_from = CAST(:at AS date);

-- name: forget_ends
-- Removing a release: statements that ended with it end with the next one.
UPDATE nesannot.membership SET valid_to = CAST(:after AS date)
 WHERE proteome_id = :proteome_id AND valid_to = CAST(:at AS date);

-- name: forget_release
-- Removing a release: its own row, and with it its rankings.
DELETE FROM nesannot.release WHERE id = :release_id;

-- name: forget_changes
-- Remove what was said about a release before it is compared anew; changes of the pipeline stay.
DELETE FROM nesannot.change WHERE release_id = :release_id AND kind <> 'pipeline';

-- name: record_changes
-- How a release differs from the one before it; an accession that is gone is merged if UniProt, or else its sequence, says so.
INSERT INTO nesannot.change (kind, proteome_id, release_id, accession, successors, old_sequence_id, new_sequence_id, basis, facts,
                             run_id)
WITH old AS MATERIALIZED (
    SELECT m.*, p.accession FROM nesannot.membership m JOIN nesannot.protein p ON p.id = m.protein_id
     WHERE m.proteome_id = :proteome_id AND m.valid_from <= CAST(:before AS date)
       AND (m.valid_to IS NULL OR m.valid_to > CAST(:before AS date))
), new AS MATERIALIZED (
    SELECT m.*, p.accession FROM nesannot.membership m JOIN nesannot.protein p ON p.id = m.protein_id
     WHERE m.proteome_id = :proteome_id AND m.valid_from <= CAST(:at AS date)
       AND (m.valid_to IS NULL OR m.valid_to > CAST(:at AS date))
), gone AS MATERIALIZED (
    SELECT o.accession, o.sequence_id, o.gene, u.fate, u.basis AS stated_by, u.reason, u.present AS stated
      FROM old o
      LEFT JOIN LATERAL (SELECT array_agg(f.present ORDER BY f.present) FILTER (WHERE f.present <> '') AS present,
                                max(f.fate) FILTER (WHERE f.fate <> 'merged') AS fate, max(f.basis) AS basis, max(f.reason) AS reason
                           FROM nesannot.former_accession f WHERE f.former = o.accession) u ON true
     WHERE NOT EXISTS (SELECT FROM new n WHERE n.protein_id = o.protein_id)
), heir AS MATERIALIZED (
    SELECT g.accession, array_agg(n.accession ORDER BY n.accession) AS successors
      FROM gone g
      JOIN new n ON n.sequence_id = g.sequence_id
       AND (n.gene = g.gene OR NOT EXISTS (SELECT FROM old o WHERE o.protein_id = n.protein_id))
     WHERE g.stated IS NULL
     GROUP BY g.accession
), left_over AS MATERIALIZED (
    SELECT g.accession, g.sequence_id, coalesce(g.stated, h.successors, '{}') AS successors,
           CASE WHEN g.fate IS NOT NULL THEN g.fate
                WHEN cardinality(coalesce(g.stated, h.successors)) > 1 THEN 'demerged'
                WHEN cardinality(coalesce(g.stated, h.successors)) = 1 THEN 'merged' ELSE 'deleted' END AS kind,
           coalesce(g.stated_by, CASE WHEN h.successors IS NULL THEN 'comparison' ELSE 'same_sequence' END) AS basis,
           CASE WHEN g.reason <> '' THEN jsonb_build_object('reason', g.reason) ELSE '{}' END AS facts
      FROM gone g
      LEFT JOIN heir h ON h.accession = g.accession
), found AS (
    SELECT l.kind, l.accession, l.successors, l.sequence_id AS old_sequence_id,
           (SELECT n.sequence_id FROM new n WHERE n.accession = ANY (l.successors)
             ORDER BY n.sequence_id <> l.sequence_id, n.accession LIMIT 1) AS new_sequence_id, l.basis, l.facts
      FROM left_over l
    UNION ALL
    SELECT 'new', n.accession,
           coalesce((SELECT array_agg(l.accession ORDER BY l.accession) FROM left_over l WHERE n.accession = ANY (l.successors)), '{}'),
           NULL, n.sequence_id, 'comparison', '{}'
      FROM new n WHERE NOT EXISTS (SELECT FROM old o WHERE o.protein_id = n.protein_id)
    UNION ALL
    SELECT CASE WHEN o.sequence_id = n.sequence_id
                THEN CASE WHEN o.reviewed IS DISTINCT FROM n.reviewed THEN 'moved' ELSE 'metadata' END
                WHEN n.isoform IS NULL AND EXISTS (
                     SELECT FROM nesannot.membership x JOIN nesannot.protein q ON q.id = x.protein_id
                      WHERE x.sequence_id IN (o.sequence_id, n.sequence_id) AND x.isoform IS NOT NULL
                        AND split_part(q.accession, '-', 1) = n.accession) THEN 'isoform_switch'
                ELSE 'new_sequence_version' END,
           n.accession, '{}', o.sequence_id, n.sequence_id, 'comparison',
           coalesce((SELECT jsonb_object_agg(a.key, jsonb_build_array(a.value, b.value))
                       FROM jsonb_each(to_jsonb(o)) a JOIN jsonb_each(to_jsonb(n)) b ON b.key = a.key
                      WHERE a.value IS DISTINCT FROM b.value
                        AND a.key = ANY (ARRAY['entry_name', 'reviewed', 'protein_name', 'organism', 'taxon_id', 'gene', 'existence',
                                               'sequence_version', 'fragment', 'isoform'])), '{}')
      FROM old o
      JOIN new n ON n.protein_id = o.protein_id AND n.id <> o.id
     WHERE ROW (o.sequence_id, o.header, o.isoform, o.entry_name, o.reviewed, o.protein_name, o.organism, o.taxon_id, o.gene,
                o.existence, o.sequence_version, o.fragment)
           IS DISTINCT FROM
           ROW (n.sequence_id, n.header, n.isoform, n.entry_name, n.reviewed, n.protein_name, n.organism, n.taxon_id, n.gene,
                n.existence, n.sequence_version, n.fragment)
)
SELECT kind, CAST(:proteome_id AS bigint), CAST(:release_id AS bigint), accession, successors, old_sequence_id, new_sequence_id,
       basis, facts, CAST(:run_id AS bigint)
  FROM found ORDER BY kind, accession COLLATE "C";

-- name: count_changes
-- Changes of a release by kind.
SELECT kind, count(*) AS proteins FROM nesannot.change WHERE release_id = :release_id GROUP BY kind ORDER BY kind;

-- name: write_former_accessions
-- Keep what UniProt says about accessions that are no longer primary ones; an inactive entry's answer outweighs an AC line.
INSERT INTO nesannot.former_accession (former, present, fate, basis, reason, run_id)
SELECT w.former, w.present, w.fate, w.basis, w.reason, CAST(:run_id AS bigint)
  FROM unnest(CAST(:former AS text[]), CAST(:present AS text[]), CAST(:fate AS text[]), CAST(:basis AS text[]),
              CAST(:reason AS text[])) AS w (former, present, fate, basis, reason)
ON CONFLICT (former, present) DO UPDATE
   SET fate = excluded.fate, basis = excluded.basis, reason = excluded.reason, run_id = excluded.run_id
 WHERE nesannot.former_accession.basis <> 'inactive_entry'
   AND ROW (nesannot.former_accession.fate, nesannot.former_accession.basis, nesannot.former_accession.reason)
       IS DISTINCT FROM ROW (excluded.fate, excluded.basis, excluded.reason);

-- name: releases_that_lost
-- Releases from which one of these accessions is missing for the first time.
SELECT DISTINCT l.id, l.proteome_id
  FROM nesannot.change c
  JOIN nesannot.release l ON l.id = c.release_id
 WHERE c.accession = ANY (:accessions) AND c.kind IN ('merged', 'demerged', 'deleted') ORDER BY l.id;

-- name: unexplained_losses
-- Accessions gone from a release of which UniProt was not asked yet.
SELECT c.accession FROM nesannot.change c
 WHERE c.release_id = :release_id AND c.kind IN ('merged', 'demerged', 'deleted') AND c.basis IN ('comparison', 'same_sequence')
 ORDER BY c.accession COLLATE "C" LIMIT :limit;

-- name: record_curation
-- A curated motif was added, changed or removed.
INSERT INTO nesannot.change (kind, accession, successors, old_sequence_id, new_sequence_id, basis, facts, run_id)
VALUES ('motif_curation', :accession, '{}', (SELECT id FROM nesannot.sequence WHERE sha256 = :old),
        (SELECT id FROM nesannot.sequence WHERE sha256 = :new), 'references', CAST(:facts AS jsonb), :run_id);

-- name: record_pipeline_change
-- Another configuration ranks a release than ranked it, or the release before it, so far; recorded once.
INSERT INTO nesannot.change (kind, proteome_id, release_id, successors, old_configuration_id, new_configuration_id, basis, facts,
                             run_id)
SELECT 'pipeline', :proteome_id, :release_id, '{}', k.configuration_id, CAST(:configuration_id AS integer), 'configuration',
       CAST(:facts AS jsonb), CAST(:run_id AS bigint)
  FROM nesannot.ranking k
 WHERE k.id = :ranking_id
   AND NOT EXISTS (SELECT FROM nesannot.change c
                    WHERE c.release_id = :release_id AND c.old_configuration_id = k.configuration_id
                      AND c.new_configuration_id = CAST(:configuration_id AS integer));

-- name: configuration_of_ranking
-- The configuration of a ranking.
SELECT configuration_id FROM nesannot.ranking WHERE id = :ranking_id;

-- name: parts_of_configuration
-- Digests of what a configuration consists of.
SELECT e.digest AS language_model, g.digest AS segmentation, f.head_set_digest AS head_set,
       (SELECT string_agg(t.digest, ' ' ORDER BY t.name) FROM nesannot.configuration_method c
          JOIN nesannot.method t ON t.id = c.method_id WHERE c.configuration_id = f.id) AS methods
  FROM nesannot.configuration f
  JOIN nesannot.language_model e ON e.id = f.language_model_id
  JOIN nesannot.segmentation g ON g.id = f.segmentation_id
 WHERE f.id = :configuration_id;

-- name: curation_since
-- Sequences whose reference motifs changed after some moment.
SELECT DISTINCT s.sha256
  FROM nesannot.change c
  JOIN nesannot.sequence s ON s.id IN (c.old_sequence_id, c.new_sequence_id)
 WHERE c.kind = 'motif_curation' AND c.recorded_at > coalesce(CAST(:moment AS timestamptz), '-infinity') ORDER BY s.sha256;

-- name: release_changes
-- Changes of some releases of a proteome, or of the references (proteome NULL), in order.
SELECT v.proteome, v.previous_release, v.release, v.kind, v.accession, v.successors, v.basis, v.gained, v.lost, v.moved, v.facts,
       v.recorded_at
  FROM nes.release_change v
  LEFT JOIN nesannot.proteome o ON o.name = v.proteome
  LEFT JOIN nesannot.release l ON l.proteome_id = o.id AND l.name = v.release
 WHERE v.proteome IS NOT DISTINCT FROM CAST(:proteome AS text)
   AND (v.proteome IS NULL OR l.effective > CAST(:after AS date) AND l.effective <= CAST(:until AS date))
 ORDER BY l.effective, v.kind, v.accession COLLATE "C", v.change_id;

-- name: candidate_changes
-- Candidates gained, lost and moved in some releases of a proteome, best first.
SELECT v.proteome, v.previous_release, v.release, v.outcome, v.cause, v.old_accession, v.accession, v.old_first_residue,
       v.old_last_residue, v.first_residue, v.last_residue, v.peptide, v.old_rank, v.rank, v.old_probability, v.probability
  FROM nes.candidate_change v
  JOIN nesannot.proteome o ON o.name = v.proteome
  JOIN nesannot.release l ON l.proteome_id = o.id AND l.name = v.release
 WHERE v.proteome = :proteome AND l.effective > CAST(:after AS date) AND l.effective <= CAST(:until AS date)
   AND greatest(v.old_probability, v.probability) >= CAST(:minimum AS double precision)
 ORDER BY l.effective, greatest(v.old_probability, v.probability) DESC, v.outcome, v.old_accession, v.old_first_residue, v.first_residue
 LIMIT CAST(:limit AS bigint);

-- name: try_lock
-- A lock of the session; false if another session holds it.
SELECT pg_try_advisory_lock(hashtextextended(:name, 0));

-- name: unlock
-- Give the lock back.
SELECT pg_advisory_unlock(hashtextextended(:name, 0));

-- name: last_counts
-- What the last run of a kind that ended well counted under some name.
SELECT counts ->> CAST(:count AS text) AS said FROM nesannot.run
 WHERE kind = :kind AND status = 'done' AND counts ->> CAST(:count AS text) IS NOT NULL ORDER BY id DESC LIMIT 1;

-- name: staged_taxa
-- Organisms of the staged proteins, the most frequent first.
SELECT taxon_id, max(organism) AS organism FROM staged_protein WHERE taxon_id IS NOT NULL
 GROUP BY taxon_id ORDER BY count(*) DESC, taxon_id;

-- name: taxa_of_proteome
-- Organisms of a proteome's proteins in its newest release, the most frequent first.
SELECT m.taxon_id, max(m.organism) AS organism
  FROM nesannot.membership m
  JOIN nesannot.proteome o ON o.id = m.proteome_id
 WHERE o.name = :name AND m.valid_to IS NULL AND m.taxon_id IS NOT NULL
 GROUP BY m.taxon_id ORDER BY count(*) DESC, m.taxon_id;

-- name: has_isoforms
-- Whether the newest release of a proteome has alternative isoforms.
SELECT EXISTS (SELECT FROM nesannot.membership m
                WHERE m.proteome_id = :proteome_id AND m.valid_to IS NULL AND m.isoform IS NOT NULL);

-- name: release_by_date
-- The release of a proteome that has this date.
SELECT id, run_id FROM nesannot.release WHERE proteome_id = :proteome_id AND effective = CAST(:at AS date);

-- name: date_of_release
-- The date that orders a release.
SELECT effective FROM nesannot.release WHERE id = :release_id;

-- name: list_proteomes
-- Proteomes with their newest release.
SELECT o.id, o.name, o.title, o.taxon_id, l.id AS release_id, l.name AS release, l.released, l.proteins,
       (SELECT count(*) FROM nesannot.release n WHERE n.proteome_id = o.id) AS releases
  FROM nesannot.proteome o
  JOIN LATERAL (SELECT * FROM nesannot.release n WHERE n.proteome_id = o.id ORDER BY n.effective DESC LIMIT 1) l ON true
 ORDER BY o.name;

-- name: leave_out_of_overall
-- A proteome that the list of all proteomes' candidates does not show.
UPDATE nesannot.proteome SET in_overall = false WHERE name = :name AND in_overall;

-- name: proteome_names
-- Names of all proteomes.
SELECT DISTINCT proteome FROM nes.proteome_release ORDER BY proteome;

-- name: start_run
-- A run begins; the database's clock says when.
INSERT INTO nesannot.run (kind, settings_digest, settings, software, git, device, counts, status, error, queued, host)
VALUES (:kind, :settings_digest, CAST(:settings AS jsonb), CAST(:software AS jsonb), :git, :device, CAST(:counts AS jsonb),
        CASE WHEN :queued THEN 'queued' ELSE 'running' END, '', :queued, :host)
RETURNING id;

-- name: hold_run
-- The lock that says that a run's process lives; goes with the connection, which the server tests if it is a remote one.
SELECT pg_advisory_lock(CAST(:class AS integer), CAST(:run_id AS integer)),
       set_config('tcp_keepalives_idle', '30', false), set_config('tcp_keepalives_interval', '10', false);

-- name: take_up_run
-- A worker begins a run that was deferred whole.
UPDATE nesannot.run
   SET status = 'running', started_at = clock_timestamp(), updated_at = clock_timestamp(), finished_at = NULL, error = '',
       settings = settings || CAST(:settings AS jsonb), device = :device
 WHERE id = :run_id;

-- name: report_run
-- A sign of life: what a run has done so far.
UPDATE nesannot.run SET counts = counts || CAST(:counts AS jsonb), updated_at = clock_timestamp() WHERE id = :run_id;

-- name: finish_run
-- A run ends.
UPDATE nesannot.run
   SET status = :status, counts = counts || CAST(:counts AS jsonb), error = :error, updated_at = clock_timestamp(),
       finished_at = clock_timestamp()
 WHERE id = :run_id;

-- name: list_runs
-- The newest runs, or one of them.
SELECT p.run_id AS id, p.kind, p.status, p.device, p.counts, p.error, p.settings, p.software, p.git, p.started_at, p.finished_at,
       p.updated_at, CAST(p.seconds AS double precision) AS seconds, p.residues, p.residues_total,
       CAST(p.residues_per_second AS double precision) AS residues_per_second,
       CAST(p.seconds_left AS double precision) AS seconds_left, u.queued, u.host
  FROM nes.run_progress p
  JOIN nesannot.run u ON u.id = p.run_id
 WHERE CAST(:run_id AS bigint) IS NULL OR p.run_id = CAST(:run_id AS bigint)
 ORDER BY p.run_id DESC LIMIT :limit;

-- name: queued_scoring
-- A deferred run that still works on a release under a configuration, if there is one.
SELECT id FROM nesannot.run
 WHERE queued AND kind = 'score' AND status IN ('queued', 'running')
   AND settings @> CAST(:settings AS jsonb)
 ORDER BY id DESC LIMIT 1;

-- name: plan_units
-- Chunks of what is still to be scored, by the running sum of residues.
INSERT INTO nesannot.work_unit (run_id, number, sequence_ids, residues)
SELECT CAST(:run_id AS bigint), row_number() OVER (ORDER BY min(c.id)), array_agg(c.id ORDER BY c.id), sum(c.length)
  FROM (SELECT s.id, s.length, (sum(s.length) OVER (ORDER BY s.id) - s.length) / :residues_per_chunk AS chunk
          FROM nesannot.sequence s
         WHERE EXISTS (SELECT FROM nesannot.membership m
                        WHERE m.sequence_id = s.id AND m.proteome_id = :proteome_id
                          AND m.valid_from <= CAST(:at AS date) AND (m.valid_to IS NULL OR m.valid_to > CAST(:at AS date)))
           AND (:again OR NOT EXISTS (SELECT FROM nesannot.scored_sequence d
                                       WHERE d.configuration_id = :configuration_id AND d.sequence_id = s.id
                                         AND (d.error IS NULL OR d.attempts >= :attempts)))) c
 GROUP BY c.chunk;

-- name: plan_failed
-- One more unit for each sequence that a run could not score.
INSERT INTO nesannot.work_unit (run_id, number, sequence_ids, residues)
SELECT d.run_id, coalesce(h.last, 0) + row_number() OVER (ORDER BY d.sequence_id), ARRAY[d.sequence_id], s.length
  FROM nesannot.scored_sequence d
  JOIN nesannot.sequence s ON s.id = d.sequence_id
  CROSS JOIN (SELECT max(number) AS last FROM nesannot.work_unit WHERE run_id = :run_id) h
 WHERE d.configuration_id = :configuration_id AND d.run_id = :run_id AND d.error IS NOT NULL
RETURNING residues;

-- name: excuse_failed
-- Sequences that a run could not score may be tried as if for the first time.
UPDATE nesannot.scored_sequence SET attempts = 0
 WHERE configuration_id = :configuration_id AND run_id = :run_id AND error IS NOT NULL;

-- name: excuse_units
-- Units that failed may be tried as if for the first time.
UPDATE nesannot.work_unit SET attempts = 0, error = NULL, worker = NULL, started_at = NULL
 WHERE run_id = :run_id AND error IS NOT NULL;

-- name: requeue_run
-- A deferred run waits again, for so many sequences that had been counted as failed.
UPDATE nesannot.run
   SET status = 'queued', finished_at = NULL, updated_at = clock_timestamp(), error = '',
       counts = CASE WHEN :sequences = 0 THEN counts
                     ELSE counts || jsonb_build_object('failed', CAST(counts ->> 'failed' AS bigint) - :sequences,
                                                       'residues', CAST(counts ->> 'residues' AS bigint) - :residues) END
 WHERE id = :run_id;

-- name: defer_units
-- A job for each unit of a run that has none.
SELECT cardinality(queue.procrastinate_defer_jobs_v1(array_agg(
           CAST(ROW (CAST(:queue AS varchar), CAST(:task AS varchar), 0, NULL, NULL,
                     jsonb_build_object('run_id', w.run_id, 'number', w.number), NULL)
                AS queue.procrastinate_job_to_defer_v1) ORDER BY w.number)))
  FROM nesannot.work_unit w
 WHERE w.run_id = :run_id AND w.error IS NULL
   AND NOT EXISTS (SELECT FROM queue.procrastinate_jobs j
                    WHERE j.status IN ('todo', 'doing') AND j.task_name = :task
                      AND j.args = jsonb_build_object('run_id', w.run_id, 'number', w.number));

-- name: defer_command
-- One job that runs a whole command.
SELECT cardinality(queue.procrastinate_defer_jobs_v1(ARRAY[
           CAST(ROW (CAST(:queue AS varchar), CAST(:task AS varchar), 0, NULL, NULL, CAST(:arguments AS jsonb), NULL)
                AS queue.procrastinate_job_to_defer_v1)]));

-- name: may_retry_command
-- A deferred command that is not done and has no job; locked, so that it is retried once.
SELECT u.id FROM nesannot.run u
 WHERE u.id = :run_id AND u.queued AND u.status <> 'done'
   AND NOT EXISTS (SELECT FROM queue.procrastinate_jobs j
                    WHERE j.status IN ('todo', 'doing') AND j.args @> jsonb_build_object('run_id', u.id, 'command', u.settings ->> 'command'))
   FOR UPDATE;

-- name: refresh_statistics
-- Tell the planner of thousands of new jobs.
SELECT queue.refresh_statistics();

-- name: rescue_jobs
-- Jobs of workers that have not been heard of wait again.
UPDATE queue.procrastinate_jobs j
   SET status = 'todo', worker_id = NULL, attempts = j.attempts + 1, scheduled_at = NULL
  FROM (SELECT d.id
          FROM queue.procrastinate_jobs d
          LEFT JOIN queue.procrastinate_workers w ON w.id = d.worker_id
         WHERE d.status = 'doing'
           AND (w.id IS NULL OR w.last_heartbeat < clock_timestamp() - make_interval(secs => :silent_s))
           FOR UPDATE OF d SKIP LOCKED) lost
 WHERE lost.id = j.id;

-- name: forget_workers
-- Workers that have not been heard of for long.
DELETE FROM queue.procrastinate_workers
 WHERE id IN (SELECT id FROM queue.procrastinate_workers
               WHERE last_heartbeat < clock_timestamp() - make_interval(secs => :silent_s) FOR UPDATE SKIP LOCKED);

-- name: queue_state
-- Jobs that wait or are in work in some queues, and workers that live.
SELECT count(*) FILTER (WHERE j.status = 'todo') AS waiting, count(*) FILTER (WHERE j.status = 'doing') AS working,
       (SELECT count(*) FROM queue.procrastinate_workers w
         WHERE w.last_heartbeat > clock_timestamp() - make_interval(secs => :silent_s)) AS workers
  FROM queue.procrastinate_jobs j
 WHERE j.status IN ('todo', 'doing') AND j.queue_name = ANY (:queues);

-- name: commit_soon
-- Do not wait for the disk at the end of this transaction: what a power cut takes of it is done again.
SELECT set_config('synchronous_commit', 'off', true);

-- name: begin_unit
-- A worker begins a unit: gives its sequences and how often it was begun.
UPDATE nesannot.work_unit w
   SET attempts = w.attempts + 1, worker = :worker, started_at = clock_timestamp()
  FROM nesannot.run u
 WHERE w.run_id = :run_id AND w.number = :number AND w.error IS NULL AND u.id = w.run_id
RETURNING w.run_id, w.number, w.attempts, w.residues, u.settings, u.status;

-- name: begin_queued_run
-- The first worker begins a deferred run.
UPDATE nesannot.run
   SET status = 'running', started_at = clock_timestamp(), updated_at = clock_timestamp(), device = :device
 WHERE id = :run_id AND status = 'queued';

-- name: pending_of_unit
-- What of a unit is still to be scored, and how often it was tried.
SELECT s.id, s.sha256, s.residues, coalesce(d.attempts, 0) AS attempts
  FROM nesannot.work_unit w
  JOIN nesannot.sequence s ON s.id = ANY (w.sequence_ids)
  LEFT JOIN nesannot.scored_sequence d ON d.configuration_id = :configuration_id AND d.sequence_id = s.id
 WHERE w.run_id = :run_id AND w.number = :number
   AND (d.sequence_id IS NULL OR d.error IS NOT NULL AND d.attempts < :attempts OR :again AND d.run_id <> :run_id)
 ORDER BY s.id;

-- name: mark_tried
-- Sequences that are about to be tried, or were tried in vain.
INSERT INTO nesannot.scored_sequence (configuration_id, sequence_id, run_id, segments, attempts, error)
SELECT :configuration_id, i.id, :run_id, 0, 1, :error FROM unnest(CAST(:sequence_ids AS bigint[])) AS i (id) ORDER BY i.id
ON CONFLICT (configuration_id, sequence_id) DO UPDATE
   SET run_id = excluded.run_id, error = excluded.error, scored_at = clock_timestamp(),
       attempts = CASE WHEN nesannot.scored_sequence.error IS NULL THEN 1 ELSE nesannot.scored_sequence.attempts + 1 END;

-- name: unmark_tried
-- A sequence that was about to be tried has been; what came of it is counted when it is written.
UPDATE nesannot.scored_sequence SET attempts = attempts - 1
 WHERE configuration_id = :configuration_id AND sequence_id = :sequence_id AND attempts > 0;

-- name: give_back_unit
-- A worker that must stop gives a unit back; that was no attempt.
UPDATE nesannot.work_unit SET attempts = attempts - 1, worker = NULL, started_at = NULL
 WHERE run_id = :run_id AND number = :number AND worker = :worker AND attempts > 0;

-- name: fail_unit
-- A unit could not be worked on, for a reason that lies in no one sequence.
UPDATE nesannot.work_unit SET error = :error WHERE run_id = :run_id AND number = :number;

-- name: finish_unit
-- A unit is finished: it goes, and what it holds is given, once.
DELETE FROM nesannot.work_unit WHERE run_id = :run_id AND number = :number RETURNING sequence_ids, residues;

-- name: count_unit
-- Add a finished unit to the counts of its run, from what the ledger says, with the times and the device of its worker.
UPDATE nesannot.run u
   SET counts = u.counts || jsonb_build_object(
           'residues', coalesce(CAST(u.counts ->> 'residues' AS bigint), 0) + :residues,
           'segments', coalesce(CAST(u.counts ->> 'segments' AS bigint), 0) + d.segments,
           'failed', coalesce(CAST(u.counts ->> 'failed' AS bigint), 0) + d.failed,
           'worker_s', round(CAST(coalesce(CAST(u.counts ->> 'worker_s' AS double precision), 0) + :worker_s AS numeric), 3),
           'embedding_s', round(CAST(coalesce(CAST(u.counts ->> 'embedding_s' AS double precision), 0) + :embedding_s AS numeric), 3),
           'scoring_s', round(CAST(coalesce(CAST(u.counts ->> 'scoring_s' AS double precision), 0) + :scoring_s AS numeric), 3),
           'embedding_cpu_s', round(CAST(coalesce(CAST(u.counts ->> 'embedding_cpu_s' AS double precision), 0) + :embedding_cpu_s AS numeric), 3),
           'workers', jsonb_array_length(w.names), 'worker_names', w.names),
       device = CASE WHEN u.device = '' OR strpos(u.device, :device) > 0 THEN coalesce(nullif(u.device, ''), :device)
                     WHEN :device = '' THEN u.device ELSE u.device || ', ' || :device END,
       updated_at = clock_timestamp()
  FROM (SELECT coalesce(sum(segments), 0) AS segments, count(*) FILTER (WHERE error IS NOT NULL) AS failed
          FROM nesannot.scored_sequence
         WHERE configuration_id = :configuration_id AND sequence_id = ANY (:sequence_ids)) d,
       (SELECT CASE WHEN :worker = '' OR jsonb_exists(o.names, :worker) THEN o.names
                    ELSE o.names || to_jsonb(CAST(:worker AS text)) END AS names
          FROM (SELECT coalesce(counts -> 'worker_names', CAST('[]' AS jsonb)) AS names
                  FROM nesannot.run WHERE id = :run_id) o) w
 WHERE u.id = :run_id;

-- name: end_queued_run
-- A deferred run ends with the last of its units; those that failed are left.
UPDATE nesannot.run u
   SET status = CASE WHEN w.failed > 0 THEN 'failed' ELSE 'done' END, error = coalesce(w.error, ''),
       finished_at = clock_timestamp(), updated_at = clock_timestamp()
  FROM (SELECT count(*) AS failed, count(*) FILTER (WHERE error IS NULL) AS open, min(error) AS error
          FROM nesannot.work_unit WHERE run_id = :run_id) w
 WHERE u.id = :run_id AND w.open = 0 AND u.status IN ('queued', 'running')
RETURNING u.id;

-- name: lock_run
-- Let the last units of a run end one after the other.
SELECT id FROM nesannot.run WHERE id = :run_id FOR UPDATE;

-- name: units_of
-- How many units of a run wait, are in work, or failed.
SELECT count(*) FILTER (WHERE error IS NULL AND worker IS NULL) AS waiting,
       count(*) FILTER (WHERE error IS NULL AND worker IS NOT NULL) AS working,
       count(*) FILTER (WHERE error IS NOT NULL) AS failed
  FROM nesannot.work_unit WHERE run_id = :run_id;

-- name: working_units
-- Units of a run that are in work or failed.
SELECT number, cardinality(sequence_ids) AS sequences, residues, attempts, worker, error,
       CAST(extract(epoch FROM clock_timestamp() - started_at) AS double precision) AS seconds
  FROM nesannot.work_unit
 WHERE run_id = :run_id AND (error IS NOT NULL OR worker IS NOT NULL)
 ORDER BY error IS NULL, number LIMIT :limit;

-- name: failed_of_release
-- Sequences of a release that were tried in vain under a configuration, with an accession of its proteome each.
SELECT min(m.accession) AS accession, d.sequence_sha256 AS sha256, d.length, d.attempts, d.error, d.run_id
  FROM nes.scored_sequence d
  JOIN nes.release_membership m ON m.sequence_sha256 = d.sequence_sha256 AND m.proteome = :proteome AND m.release = :release
 WHERE d.configuration_id = :configuration_id AND d.error IS NOT NULL AND d.attempts > 0
 GROUP BY d.sequence_sha256, d.length, d.attempts, d.error, d.run_id
 ORDER BY 1;

-- name: failed_sequences
-- Sequences that a run could not score, with an accession each; not those that a worker gave back untried.
SELECT s.sha256, s.length, d.attempts, d.error, d.run_id,
       (SELECT min(p.accession) FROM nesannot.membership m JOIN nesannot.protein p ON p.id = m.protein_id
         WHERE m.sequence_id = s.id) AS accession
  FROM nesannot.scored_sequence d
  JOIN nesannot.sequence s ON s.id = d.sequence_id
 WHERE d.configuration_id = :configuration_id AND d.run_id = :run_id AND d.error IS NOT NULL AND d.attempts > 0
 ORDER BY s.sha256 LIMIT :limit;

-- name: stage_annotations
-- Staging table of one chunk of annotations, and the accessions whose annotations it replaces.
CREATE TEMPORARY TABLE staged_annotation (
    accession text, kind text, identifier text, text text, first_residue integer, last_residue integer, evidence text[])
    ON COMMIT DROP;

-- name: add_accessions
-- Make accessions known.
INSERT INTO nesannot.protein (accession)
SELECT a FROM unnest(CAST(:accessions AS text[])) a
 WHERE NOT EXISTS (SELECT FROM nesannot.protein p WHERE p.accession = a) ORDER BY 1
ON CONFLICT (accession) DO NOTHING;

-- name: forget_annotations
-- Remove annotations of these accessions that the staged ones do not repeat.
DELETE FROM nesannot.annotation a
 USING nesannot.protein p
 WHERE p.accession = ANY (:accessions) AND a.protein_id = p.id
   AND NOT EXISTS (SELECT FROM staged_annotation s
                    WHERE s.accession = p.accession AND s.kind = a.kind AND s.identifier = a.identifier AND s.text = a.text
                      AND s.first_residue IS NOT DISTINCT FROM a.first_residue
                      AND s.last_residue IS NOT DISTINCT FROM a.last_residue AND s.evidence = a.evidence);

-- name: publish_annotations
-- Add the staged annotations that are not there yet.
INSERT INTO nesannot.annotation (protein_id, kind, identifier, text, first_residue, last_residue, evidence, run_id)
SELECT DISTINCT p.id, s.kind, s.identifier, s.text, s.first_residue, s.last_residue, s.evidence, CAST(:run_id AS bigint)
  FROM staged_annotation s
  JOIN nesannot.protein p ON p.accession = s.accession
 WHERE NOT EXISTS (SELECT FROM nesannot.annotation a
                    WHERE a.protein_id = p.id AND s.kind = a.kind AND s.identifier = a.identifier AND s.text = a.text
                      AND s.first_residue IS NOT DISTINCT FROM a.first_residue
                      AND s.last_residue IS NOT DISTINCT FROM a.last_residue AND s.evidence = a.evidence);

-- name: stated_stretches
-- Features of these keys by the sequence that their protein has in the newest release of any proteome.
SELECT DISTINCT s.sha256, a.identifier, a.first_residue, a.last_residue
  FROM nesannot.annotation a
  JOIN nesannot.membership m ON m.protein_id = a.protein_id AND m.valid_to IS NULL
  JOIN nesannot.sequence s ON s.id = m.sequence_id
 WHERE a.kind = 'feature' AND a.identifier = ANY (CAST(:keys AS text[])) AND a.last_residue <= s.length
 ORDER BY s.sha256, a.first_residue, a.last_residue, a.identifier;

-- name: load_references
-- Reference entries with their residues, in a stable order.
SELECT e.id, e.motif, e.source, e.entry_id, e.accession, s.residues, e.sequence_version, e.protein_name, e.gene, e.organism,
       e.doubtful, e.evidence, e.citations
  FROM nesannot.reference_entry e
  JOIN nesannot.sequence s ON s.id = e.sequence_id
 WHERE e.motif = :motif AND (CAST(:sources AS text[]) IS NULL OR e.source = ANY (CAST(:sources AS text[])))
 ORDER BY e.source COLLATE "C", e.entry_id COLLATE "C";

-- name: load_reference_sites
-- Sites of these entries, in their order.
SELECT reference_entry_id, kind, sign, first_residue, last_residue, note
  FROM nesannot.reference_motif WHERE reference_entry_id = ANY (:entries) ORDER BY reference_entry_id, position;

-- name: write_reference
-- Store one reference entry, or its new state.
INSERT INTO nesannot.reference_entry (motif, source, entry_id, accession, sequence_id, sequence_version, protein_name, gene,
                                      organism, doubtful, evidence, citations, run_id)
VALUES (:motif, :source, :entry_id, :accession, (SELECT id FROM nesannot.sequence WHERE sha256 = :digest), :sequence_version,
        :protein_name, :gene, :organism, :doubtful, :evidence, :citations, :run_id)
ON CONFLICT (motif, source, entry_id) DO UPDATE
   SET accession = excluded.accession, sequence_id = excluded.sequence_id, sequence_version = excluded.sequence_version,
       protein_name = excluded.protein_name, gene = excluded.gene, organism = excluded.organism,
       doubtful = excluded.doubtful, evidence = excluded.evidence, citations = excluded.citations, run_id = excluded.run_id
RETURNING id;

-- name: forget_reference_sites
-- Remove the sites of an entry before its new ones are written.
DELETE FROM nesannot.reference_motif WHERE reference_entry_id = :entry;

-- name: write_reference_site
-- Store one site of an entry.
INSERT INTO nesannot.reference_motif (reference_entry_id, position, kind, sign, first_residue, last_residue, note)
VALUES (:entry, :position, :kind, :sign, :first, :last, :note);

-- name: forget_references
-- Remove entries that their source no longer has.
DELETE FROM nesannot.reference_entry WHERE motif = :motif AND source = :source AND entry_id = ANY (:entry_ids);

-- name: ensure_language_model
-- Key of a language model, made known if it is not.
INSERT INTO nesannot.language_model (digest, name, layer, dimension, weights_sha256, long_rule)
VALUES (:digest, :name, :layer, :dimension, :weights_sha256, :long_rule)
ON CONFLICT (digest) DO UPDATE SET name = excluded.name RETURNING id;

-- name: ensure_segmentation
-- Key of a segmentation, made known if it is not.
INSERT INTO nesannot.segmentation (digest, algorithm, version, parameters)
VALUES (:digest, :algorithm, :version, CAST(:parameters AS jsonb))
ON CONFLICT (digest) DO UPDATE SET algorithm = excluded.algorithm RETURNING id;

-- name: ensure_method
-- Key of a method, made known if it is not.
INSERT INTO nesannot.method (motif, digest, name, version, parameters, training_digest)
VALUES (:motif, :digest, :name, :version, CAST(:parameters AS jsonb), :training_digest)
ON CONFLICT (motif, digest) DO UPDATE SET name = excluded.name RETURNING id;

-- name: find_configuration
-- Key of a configuration.
SELECT id FROM nesannot.configuration WHERE digest = :digest;

-- name: add_configuration
-- Make a configuration known.
INSERT INTO nesannot.configuration (digest, motif, language_model_id, segmentation_id, head_set_digest, selector_digest)
VALUES (:digest, :motif, :language_model_id, :segmentation_id, :head_set_digest, :selector_digest) RETURNING id;

-- name: add_configuration_method
-- A method belongs to a configuration.
INSERT INTO nesannot.configuration_method (configuration_id, method_id, name) VALUES (:configuration_id, :method_id, :name);

-- name: create_partitions
-- Partitions of a new configuration; with the rights of the owner of the tables, so that a worker needs none to make them.
SELECT nesannot.create_partitions(:configuration_id);

-- name: methods_of
-- Methods of a configuration by name.
SELECT name, method_id FROM nesannot.configuration_method WHERE configuration_id = :configuration_id ORDER BY name;

-- name: save_head_set
-- Store a head set; saving the same one again makes it the newest.
INSERT INTO nesannot.head_set (digest, motif, name, language_model_id, references_digest, payload, run_id)
VALUES (:digest, :motif, :name, :language_model_id, :references_digest, :payload, :run_id)
ON CONFLICT (digest) DO UPDATE SET saved_at = clock_timestamp(), run_id = excluded.run_id, name = excluded.name;

-- name: head_sets_of
-- Digests of a language model's head sets, the newest first.
SELECT h.digest
  FROM nesannot.head_set h
  JOIN nesannot.language_model e ON e.id = h.language_model_id
 WHERE e.digest = :language_model_digest AND h.motif = :motif
 ORDER BY h.saved_at DESC, h.id DESC;

-- name: load_payload
-- A head set by its digest.
SELECT nes.head_set_payload(:digest);

-- name: saved_at
-- When a head set was saved last.
SELECT saved_at FROM nesannot.head_set WHERE digest = :digest;

-- name: count_pending
-- How many sequences of a release are still to be scored under a configuration.
SELECT count(*) AS sequences, coalesce(sum(s.length), 0) AS residues
  FROM nesannot.sequence s
 WHERE EXISTS (SELECT FROM nesannot.membership m
                WHERE m.sequence_id = s.id
                  AND (CAST(:proteome_id AS bigint) IS NULL OR m.proteome_id = CAST(:proteome_id AS bigint))
                  AND (CAST(:at AS date) IS NULL AND m.valid_to IS NULL
                       OR m.valid_from <= CAST(:at AS date) AND (m.valid_to IS NULL OR m.valid_to > CAST(:at AS date))))
   AND (:again OR NOT EXISTS (SELECT FROM nesannot.scored_sequence d
                               WHERE d.configuration_id = :configuration_id AND d.sequence_id = s.id
                                 AND (d.error IS NULL OR d.attempts >= :attempts)));

-- name: next_pending
-- The next sequences to be scored, after one that was given out already.
SELECT s.id, s.sha256, s.residues
  FROM nesannot.sequence s
 WHERE s.id > :after
   AND EXISTS (SELECT FROM nesannot.membership m
                WHERE m.sequence_id = s.id
                  AND (CAST(:proteome_id AS bigint) IS NULL OR m.proteome_id = CAST(:proteome_id AS bigint))
                  AND (CAST(:at AS date) IS NULL AND m.valid_to IS NULL
                       OR m.valid_from <= CAST(:at AS date) AND (m.valid_to IS NULL OR m.valid_to > CAST(:at AS date))))
   AND (:again OR NOT EXISTS (SELECT FROM nesannot.scored_sequence d
                               WHERE d.configuration_id = :configuration_id AND d.sequence_id = s.id
                                 AND (d.error IS NULL OR d.attempts >= :attempts)))
 ORDER BY s.id LIMIT :page;

-- name: configurations_of_selector
-- Other configurations that store the same candidates, with the same competition and odds of a cargo; the newest first.
SELECT id FROM nesannot.configuration
 WHERE selector_digest = :selector_digest AND id <> :configuration_id ORDER BY id DESC;

-- name: configurations_without_parts
-- Configurations of before the parts of combined scores were stored.
SELECT id FROM nesannot.configuration WHERE selector_digest IS NULL ORDER BY id DESC;

-- name: count_rescorable
-- How many sequences of a release are still to be scored under a configuration, and have scores under one of the sources.
SELECT count(*) AS sequences, coalesce(sum(s.length), 0) AS residues
  FROM nesannot.sequence s
 WHERE EXISTS (SELECT FROM nesannot.release l
                 JOIN nesannot.membership m ON m.proteome_id = l.proteome_id AND m.valid_from <= l.effective
                  AND (m.valid_to IS NULL OR m.valid_to > l.effective)
                WHERE l.id = :release_id AND l.proteome_id = :proteome_id AND m.sequence_id = s.id)
   AND NOT EXISTS (SELECT FROM nesannot.scored_sequence d
                    WHERE d.configuration_id = :configuration_id AND d.sequence_id = s.id
                      AND (d.error IS NULL OR d.attempts >= :attempts))
   AND EXISTS (SELECT FROM nesannot.scored_sequence d
                WHERE d.configuration_id = ANY (CAST(:sources AS integer[])) AND d.sequence_id = s.id AND d.error IS NULL);

-- name: next_rescorable
-- The next of these sequences, each with the newest source that scored it.
SELECT s.id, s.sha256, s.residues, d.source_id, z.cargo_log_odds AS cargo, z.embedding_run_id, z.engine
  FROM nesannot.sequence s
  JOIN LATERAL (SELECT max(d.configuration_id) AS source_id FROM nesannot.scored_sequence d
                 WHERE d.configuration_id = ANY (CAST(:sources AS integer[])) AND d.sequence_id = s.id AND d.error IS NULL) d
    ON d.source_id IS NOT NULL
  JOIN nesannot.scored_sequence z ON z.configuration_id = d.source_id AND z.sequence_id = s.id
 WHERE s.id > :after
   AND EXISTS (SELECT FROM nesannot.release l
                 JOIN nesannot.membership m ON m.proteome_id = l.proteome_id AND m.valid_from <= l.effective
                  AND (m.valid_to IS NULL OR m.valid_to > l.effective)
                WHERE l.id = :release_id AND l.proteome_id = :proteome_id AND m.sequence_id = s.id)
   AND NOT EXISTS (SELECT FROM nesannot.scored_sequence d
                    WHERE d.configuration_id = :configuration_id AND d.sequence_id = s.id
                      AND (d.error IS NULL OR d.attempts >= :attempts))
 ORDER BY s.id LIMIT :page;

-- name: stored_segments
-- Segments of these sequences, each under the configuration beside it, with raw scores of some methods.
SELECT g.sequence_id, g.first_residue, g.last_residue, g.pooled, g.competition, c.name, x.raw,
       coalesce(CAST(x.evidence AS text), '') AS evidence
  FROM unnest(CAST(:sequence_ids AS bigint[]), CAST(:source_ids AS integer[])) AS w (sequence_id, source_id)
  JOIN nesannot.segment g ON g.configuration_id = w.source_id AND g.sequence_id = w.sequence_id
  JOIN nesannot.configuration_method c ON c.configuration_id = w.source_id AND c.name = ANY (CAST(:methods AS text[]))
  JOIN nesannot.method_score x ON x.configuration_id = g.configuration_id AND x.sequence_id = g.sequence_id
   AND x.segment = g.segment AND x.method_id = c.method_id
 ORDER BY g.sequence_id, g.segment;

-- name: claim_scored
-- Ledger rows of these sequences; locks them in one order, so that two writers of one sequence come one after the other.
INSERT INTO nesannot.scored_sequence (configuration_id, sequence_id, run_id, segments, attempts, error, cargo_log_odds,
                                      embedding_run_id, engine, training, training_accession, training_share)
SELECT :configuration_id, w.sequence_id, :run_id, w.segments, 1, w.error, w.cargo,
       coalesce(w.embedding_run_id, :run_id), w.engine, w.training, w.accession, w.share
  FROM unnest(CAST(:sequence_ids AS bigint[]), CAST(:segments AS integer[]), CAST(:errors AS text[]),
              CAST(:embedding_run_ids AS bigint[]), CAST(:engines AS text[]),
              CAST(:cargo AS double precision[]), CAST(:training AS text[]), CAST(:training_accessions AS text[]),
              CAST(:training_shares AS real[]))
       AS w (sequence_id, segments, error, embedding_run_id, engine, cargo, training, accession, share)
 ORDER BY w.sequence_id
ON CONFLICT (configuration_id, sequence_id) DO UPDATE
   SET run_id = excluded.run_id, segments = excluded.segments, error = excluded.error,
       embedding_run_id = excluded.embedding_run_id, engine = excluded.engine,
       cargo_log_odds = excluded.cargo_log_odds, training = excluded.training,
       training_accession = excluded.training_accession, training_share = excluded.training_share,
       scored_at = clock_timestamp(),
       attempts = CASE WHEN nesannot.scored_sequence.error IS NULL THEN 1 ELSE nesannot.scored_sequence.attempts + 1 END;

-- name: forget_scores
-- Remove scores of these sequences before their new ones are written.
DELETE FROM nesannot.method_score WHERE configuration_id = :configuration_id AND sequence_id = ANY (:sequence_ids);

-- name: forget_segments
-- Remove segments of these sequences before their new ones are written.
DELETE FROM nesannot.segment WHERE configuration_id = :configuration_id AND sequence_id = ANY (:sequence_ids);

-- name: scored_moments
-- Sequences with stored segments under a configuration, and when each was scored, in microseconds.
SELECT sequence_id, CAST(extract(epoch FROM scored_at) * 1000000 AS bigint) AS at
  FROM nesannot.scored_sequence
 WHERE configuration_id = :configuration_id AND segments > 0 AND error IS NULL
 ORDER BY sequence_id;

-- name: pooled_vectors
-- Pooled vectors of these sequences, one after the other within each.
SELECT sequence_id, array_agg(segment ORDER BY segment) AS segments, string_agg(pooled, '' ORDER BY segment) AS pooled
  FROM nesannot.segment
 WHERE configuration_id = :configuration_id AND sequence_id = ANY (CAST(:sequence_ids AS bigint[]))
 GROUP BY sequence_id
 ORDER BY sequence_id;

-- name: vector_index_digest
-- Digest of the newest file of stored vectors of a configuration.
SELECT sha256 FROM nesannot.vector_index WHERE configuration_id = :configuration_id;

-- name: save_vector_index
-- A file of stored vectors was written.
INSERT INTO nesannot.vector_index (configuration_id, sha256, vectors) VALUES (:configuration_id, :sha256, :vectors)
ON CONFLICT (configuration_id) DO UPDATE
   SET sha256 = excluded.sha256, vectors = excluded.vectors, built_at = clock_timestamp();

-- name: head_set_of_configuration
-- Digest of the head set of a configuration.
SELECT head_set_digest FROM nesannot.configuration WHERE id = :configuration_id;

-- name: newest_scores_of_protein
-- The sequence of an accession and the configuration that scored it last; the configuration is NULL if none did.
SELECT m.sequence_id, x.configuration_id, x.segments
  FROM nesannot.protein p
  JOIN nesannot.membership m ON m.protein_id = p.id
  LEFT JOIN LATERAL (SELECT s.configuration_id, s.segments, s.scored_at
                       FROM nesannot.scored_sequence s
                      WHERE s.sequence_id = m.sequence_id AND s.error IS NULL
                      ORDER BY s.scored_at DESC LIMIT 1) x ON true
 WHERE p.accession = :accession
 ORDER BY m.valid_to IS NULL DESC, m.valid_to DESC, x.scored_at DESC NULLS LAST LIMIT 1;

-- name: spans_of_sequence
-- Stored segments of a sequence.
SELECT segment, first_residue, last_residue, pooled
  FROM nesannot.segment
 WHERE configuration_id = :configuration_id AND sequence_id = :sequence_id
 ORDER BY segment;

-- name: describe_segments
-- Proteins and peptides of stored segments, in the order of the keys; equal sequences give all their accessions.
SELECT w.number, d.accession, d.gene, d.organism, g.first_residue, g.last_residue,
       substr(q.residues, g.first_residue, g.last_residue - g.first_residue + 1) AS peptide
  FROM unnest(CAST(:sequence_ids AS bigint[]), CAST(:segments AS smallint[]))
       WITH ORDINALITY AS w (sequence_id, segment, number)
  JOIN nesannot.segment g ON g.configuration_id = :configuration_id
   AND g.sequence_id = w.sequence_id AND g.segment = w.segment
  JOIN nesannot.sequence q ON q.id = w.sequence_id
  LEFT JOIN LATERAL (SELECT string_agg(DISTINCT p.accession, ',') AS accession, min(m.gene) AS gene,
                            min(m.organism) AS organism
                       FROM nesannot.membership m JOIN nesannot.protein p ON p.id = m.protein_id
                      WHERE m.sequence_id = w.sequence_id AND m.valid_to IS NULL) d ON true
 ORDER BY w.number;

-- name: describe_sequences
-- Proteins and residues of sequences that are stored, by digest: as references give them, else as proteomes do.
SELECT q.sha256, q.residues, coalesce(e.accession, d.accession) AS accession, coalesce(e.gene, d.gene) AS gene,
       coalesce(e.organism, d.organism) AS organism
  FROM nesannot.sequence q
  LEFT JOIN LATERAL (SELECT string_agg(DISTINCT r.accession, ',') AS accession, min(r.gene) AS gene,
                            min(r.organism) AS organism
                       FROM nesannot.reference_entry r WHERE r.sequence_id = q.id) e ON true
  LEFT JOIN LATERAL (SELECT string_agg(DISTINCT p.accession, ',') AS accession, min(m.gene) AS gene,
                            min(m.organism) AS organism
                       FROM nesannot.membership m JOIN nesannot.protein p ON p.id = m.protein_id
                      WHERE m.sequence_id = q.id AND m.valid_to IS NULL) d ON true
 WHERE q.sha256 = ANY (CAST(:digests AS text[]));

-- name: lock_proteome
-- Rank one release of a proteome at a time.
SELECT o.name, l.effective
  FROM nesannot.proteome o
  JOIN nesannot.release l ON l.proteome_id = o.id
 WHERE o.id = :proteome_id AND l.id = :release_id
   FOR UPDATE OF o;

-- name: forget_ranking
-- Remove the ranking that is rebuilt.
DELETE FROM nesannot.ranking
 WHERE proteome_id = :proteome_id AND release_id = :release_id AND configuration_id = :configuration_id;

-- name: count_covered
-- Distinct sequences of a release: how many there are, have scores under a configuration, or have finally failed.
SELECT count(*) AS sequences, count(*) FILTER (WHERE d.sequence_id IS NOT NULL AND d.error IS NULL) AS scored,
       count(*) FILTER (WHERE d.error IS NOT NULL AND d.attempts >= :attempts) AS failed
  FROM (SELECT DISTINCT m.sequence_id
          FROM nesannot.release l
          JOIN nesannot.membership m ON m.proteome_id = l.proteome_id AND m.valid_from <= l.effective
           AND (m.valid_to IS NULL OR m.valid_to > l.effective)
         WHERE l.proteome_id = :proteome_id AND l.id = :release_id) s
  LEFT JOIN nesannot.scored_sequence d ON d.configuration_id = :configuration_id AND d.sequence_id = s.sequence_id;

-- name: complete_ranking_exists
-- Whether a release has a complete ranking under a configuration.
SELECT EXISTS (SELECT FROM nesannot.ranking k
                WHERE k.proteome_id = :proteome_id AND k.release_id = :release_id AND k.configuration_id = :configuration_id
                  AND k.scored + k.failed >= k.sequences);

-- name: better_ranking_exists
-- Whether the views go on to show another ranking of the proteome: a complete one, or one of a later release.
SELECT EXISTS (SELECT FROM nesannot.ranking k
                 JOIN nesannot.release l ON l.id = k.release_id
                WHERE k.proteome_id = :proteome_id AND k.motif = :motif
                  AND (k.scored + k.failed >= k.sequences, l.effective) > (CAST(:complete AS boolean), CAST(:at AS date)));

-- name: show_best_ranking
-- After a ranking of a proteome is gone: the best of those that are left becomes the one that the views show.
WITH best AS (
    SELECT DISTINCT ON (k.motif) k.id
      FROM nesannot.ranking k
      JOIN nesannot.release l ON l.id = k.release_id
     WHERE k.proteome_id = :proteome_id
     ORDER BY k.motif, k.scored + k.failed >= k.sequences DESC, l.effective DESC, k.ranked_at DESC, k.id DESC
), shown AS (
    UPDATE nesannot.ranking SET is_current = true WHERE id IN (SELECT id FROM best) AND NOT is_current RETURNING id
)
UPDATE nesannot.ranked_segment SET is_current = true WHERE ranking_id IN (SELECT id FROM shown);

-- name: step_down_segments
-- Candidates of the ranking that was current so far.
UPDATE nesannot.ranked_segment SET is_current = false
 WHERE ranking_id IN (SELECT id FROM nesannot.ranking
                       WHERE proteome_id = :proteome_id AND motif = :motif AND is_current);

-- name: step_down_ranking
-- The ranking that was current so far.
UPDATE nesannot.ranking SET is_current = false WHERE proteome_id = :proteome_id AND motif = :motif AND is_current;

-- name: add_ranking
-- A new ranking, to be filled in the same transaction.
INSERT INTO nesannot.ranking (motif, proteome_id, release_id, configuration_id, run_id, logit_shift, minimum_probability,
                              candidates, is_current, decoys, sequences, scored, failed)
VALUES (:motif, :proteome_id, :release_id, :configuration_id, :run_id, :logit_shift, :minimum_probability, 0, :is_current,
        :decoys, :sequences, :scored, :failed)
RETURNING id;

-- name: fill_ranking
-- Rank all segments of a release by their probability (motif in a cargo, times cargo); equal sequences stand on one rank.
INSERT INTO nesannot.ranked_segment (ranking_id, rank, sequence_id, membership_id, first_residue, last_residue, segment,
                                     is_current, probability, cargo, q_value, e_value, scores, combined, proteome, nes_class, core_positions)
WITH member AS (
    SELECT DISTINCT ON (m.sequence_id) m.sequence_id, m.id AS membership_id
      FROM nesannot.membership m
      JOIN nesannot.protein p ON p.id = m.protein_id
     WHERE m.proteome_id = :proteome_id AND m.valid_from <= CAST(:at AS date)
       AND (m.valid_to IS NULL OR m.valid_to > CAST(:at AS date))
     ORDER BY m.sequence_id, (m.reviewed IS TRUE) DESC, p.accession COLLATE "C"
), score AS (
    SELECT m.sequence_id, m.membership_id, v.*
      FROM member m
      CROSS JOIN LATERAL (  -- one short range of the key for each sequence, however many others there are
           SELECT x.segment,
                  coalesce(jsonb_object_agg(c.name, x.calibrated) FILTER (WHERE c.name <> 'combined'), '{}') AS scores,
                  max(x.calibrated) FILTER (WHERE c.name = 'combined') AS combined,
                  max(x.raw) FILTER (WHERE c.name = 'combined') AS log_odds,
                  (array_agg(x.evidence) FILTER (WHERE c.name = 'consensus'))[1] AS evidence
             FROM nesannot.method_score x
             JOIN unnest(CAST(:method_ids AS smallint[]), CAST(:method_names AS text[])) AS c (id, name) ON c.id = x.method_id
            WHERE x.configuration_id = :configuration_id AND x.sequence_id = m.sequence_id
            GROUP BY x.segment) v
), factor AS (
    SELECT s.*, nesannot.logistic(s.log_odds) AS in_cargo,
           nesannot.logistic(z.cargo_log_odds + CAST(:logit_shift AS double precision)) AS cargo
      FROM score s
      JOIN nesannot.scored_sequence z ON z.configuration_id = :configuration_id AND z.sequence_id = s.sequence_id
     WHERE s.combined IS NOT NULL AND z.cargo_log_odds IS NOT NULL
)
SELECT :ranking_id,
       row_number() OVER (ORDER BY CAST(r.in_cargo * r.cargo AS real) DESC, q.sha256 COLLATE "C", g.first_residue, g.last_residue),
       r.sequence_id, r.membership_id, g.first_residue, g.last_residue, r.segment, :is_current, r.in_cargo * r.cargo, r.cargo,
       (CAST(:q_values AS real[]))[width_bucket(r.combined, CAST(:thresholds AS real[]))],
       q.length * (CAST(:rates AS double precision[]))[width_bucket(r.combined, CAST(:thresholds AS real[]))],
       r.scores, r.combined, :proteome,
       r.evidence ->> 'class',
       (SELECT array_agg(CAST(c.position AS integer) ORDER BY CAST(c.position AS integer))
          FROM jsonb_each_text(r.evidence -> 'core') AS c (name, position))
  FROM factor r
  JOIN nesannot.sequence q ON q.id = r.sequence_id
  CROSS JOIN LATERAL (SELECT s.first_residue, s.last_residue FROM nesannot.segment s
                       WHERE s.configuration_id = :configuration_id AND s.sequence_id = r.sequence_id
                         AND s.segment = r.segment LIMIT 1) g
 WHERE r.in_cargo * r.cargo >= coalesce(CAST(:minimum_probability AS double precision), 0);

-- name: count_ranking
-- How many candidates a ranking has.
UPDATE nesannot.ranking SET candidates = :candidates WHERE id = :ranking_id;

-- name: list_rankings
-- Rankings of a proteome: the one that the views show first, then complete ones, then by release and time, the newest first.
SELECT ranking_id AS id, motif, proteome, release, proteins, configuration_id, run_id, logit_shift, minimum_probability,
       candidates, is_current, ranked_at, decoys, sequences, scored, failed, language_model, layer, weights_sha256,
       segmentation, segmentation_version, segmentation_parameters, head_set_digest
  FROM nes.ranking
 WHERE proteome = :proteome AND motif = :motif
 ORDER BY is_current DESC, complete DESC, effective DESC, ranked_at DESC, ranking_id DESC;

-- name: describe_views
-- Views and their columns with their comments; the row of a view itself stands before those of its columns.
SELECT c.relname AS view, coalesce(a.attname, '') AS column, coalesce(format_type(a.atttypid, a.atttypmod), 'view') AS type,
       coalesce(CASE WHEN a.attnum IS NULL THEN obj_description(c.oid, 'pg_class') ELSE col_description(c.oid, a.attnum) END, '')
           AS meaning
  FROM pg_class c
  JOIN LATERAL (SELECT attname, atttypid, atttypmod, attnum FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0
                UNION ALL SELECT NULL, NULL, NULL, NULL) a ON true
 WHERE c.relnamespace = CAST(:schema AS regnamespace) AND c.relkind = 'v'
 ORDER BY c.relname, a.attnum NULLS FIRST;

-- name: scored_since
-- Whether a sequence of a release, or one of its shuffled proteins, was scored under a configuration after some moment.
SELECT EXISTS (
  SELECT FROM nesannot.scored_sequence s
    JOIN nesannot.release l ON l.id = :release_id
    JOIN nesannot.membership m ON m.sequence_id = s.sequence_id AND m.proteome_id = l.proteome_id
     AND m.valid_from <= l.effective AND (m.valid_to IS NULL OR m.valid_to > l.effective)
   WHERE s.configuration_id = :configuration_id AND s.scored_at > :moment)
    OR EXISTS (
  SELECT FROM nesannot.decoy d
    JOIN nesannot.release l ON l.id = :release_id AND l.proteome_id = d.proteome_id
   WHERE d.configuration_id = :configuration_id AND d.made_at > :moment AND CAST(:decoys AS text) = 'shuffled');

-- name: residues_of_accession
-- Residues of an accession in the newest statement about it.
SELECT s.residues
  FROM nesannot.protein p
  JOIN nesannot.membership m ON m.protein_id = p.id
  JOIN nesannot.sequence s ON s.id = m.sequence_id
 WHERE p.accession = :accession
 ORDER BY m.valid_to DESC NULLS FIRST, m.id DESC LIMIT 1;

-- name: ranked_rows
-- The first candidates of a ranking that pass a threshold on the combined score; all columns of the view.
SELECT * FROM nes.candidate_all
 WHERE ranking_id = :ranking_id AND combined >= :minimum_combined
 ORDER BY rank LIMIT :limit;

-- name: names_of_sequences
-- Names of all proteins of a release that have one of these sequences.
SELECT sequence_sha256, accession, entry_name, gene, protein_name, reviewed, organism
  FROM nes.release_membership
 WHERE proteome = :proteome AND release = :release AND sequence_sha256 = ANY (:digests)
 ORDER BY accession COLLATE "C";

-- name: ranked_proteins
-- The best candidate of each sequence of a ranking, likeliest cargo first.
SELECT * FROM nes.candidate_all
 WHERE ranking_id = :ranking_id AND combined >= :minimum_combined
   AND rank IN (SELECT min(b.rank) FROM nes.candidate_all b WHERE b.ranking_id = :ranking_id GROUP BY b.sequence_sha256)
 ORDER BY round(CAST(cargo_probability AS numeric), 5) DESC NULLS LAST, rank LIMIT :limit;

-- name: ranked_again
-- Candidates of a ranking in the order that another prior gives them, with that probability and, if asked for, other q-values.
WITH part AS (
    SELECT c.rank, c.sequence_sha256, c.first_residue, c.last_residue, c.combined, c.length, c.q_value, c.e_value,
           least(c.probability / nullif(CAST(c.cargo_probability AS double precision), 0), 1) AS in_cargo
      FROM nes.candidate_all c
     WHERE c.ranking_id = :ranking_id
), prior AS (
    SELECT p.*, least(p.combined / nullif(p.in_cargo, 0), 1 - 1e-9) AS before
      FROM part p
), posterior AS (
    SELECT p.*, coalesce(p.before * exp(CAST(:logit_shift AS double precision))
                         / (1 - p.before + p.before * exp(CAST(:logit_shift AS double precision))), 0) AS cargo
      FROM prior p
), placed AS (
    SELECT p.*, CAST(coalesce(p.in_cargo * p.cargo, 0) AS real) AS probability,
           row_number() OVER (ORDER BY CAST(coalesce(p.in_cargo * p.cargo, 0) AS real) DESC, p.sequence_sha256 COLLATE "C",
                              p.first_residue, p.last_residue) AS place
      FROM posterior p
), best AS (
    SELECT p.*, row_number() OVER (PARTITION BY p.sequence_sha256 ORDER BY p.place) = 1 AS is_best FROM placed p
), listed AS (
    SELECT b.*, avg(b.cargo) FILTER (WHERE b.is_best) OVER () AS cargo_share FROM best b
), chosen AS (
    SELECT p.* FROM listed p
     WHERE p.combined >= :minimum_combined AND (p.is_best OR NOT CAST(:proteins AS boolean))
     ORDER BY CASE WHEN CAST(:proteins AS boolean) THEN round(CAST(p.cargo AS numeric), 5) END DESC, p.place LIMIT :limit
)
SELECT c.*, p.place AS new_rank, p.probability AS new_probability, CAST(p.cargo AS real) AS new_cargo_probability,
       CASE WHEN CAST(:retain AS boolean) THEN p.q_value
            ELSE (CAST(:q_values AS real[]))[width_bucket(p.combined, CAST(:thresholds AS real[]))] END AS new_q_value,
       CAST(CASE WHEN CAST(:retain AS boolean) THEN p.e_value
                 ELSE p.length * (CAST(:rates AS double precision[]))[width_bucket(p.combined, CAST(:thresholds AS real[]))]
                 END AS real) AS new_e_value,
       p.cargo_share
  FROM chosen p
  JOIN nes.candidate_all c ON c.ranking_id = :ranking_id AND c.rank = p.rank
 ORDER BY CASE WHEN CAST(:proteins AS boolean) THEN round(CAST(p.cargo AS numeric), 5) END DESC, p.place;

-- name: count_over
-- How many candidates of a ranking pass a threshold on the combined score.
SELECT count(*) FROM nes.candidate_all WHERE ranking_id = :ranking_id AND combined >= :minimum_combined;

-- name: cargo_share
-- Mean probability of the ranked proteins to be cargoes; NULL without any.
SELECT avg(s.cargo)
  FROM (SELECT max(cargo_probability) AS cargo FROM nes.candidate_all WHERE ranking_id = :ranking_id GROUP BY sequence_sha256) s;

-- name: database_counts
-- What is in the database, in round numbers where counting would take long.
SELECT pg_size_pretty(pg_database_size(current_database())) AS size,
       (SELECT count(*) FROM nesannot.proteome) AS proteomes,
       (SELECT count(*) FROM nesannot.reference_entry) AS reference_entries,
       (SELECT count(*) FROM nesannot.configuration) AS configurations,
       (SELECT coalesce(sum(candidates), 0) FROM nesannot.ranking WHERE is_current) AS ranked_candidates,
       (SELECT count(*) FROM nesannot.run) AS runs;

-- name: sequences_of_release
-- Distinct sequences of a release.
SELECT DISTINCT s.sha256, s.residues
  FROM nesannot.release l
  JOIN nesannot.membership m ON m.proteome_id = l.proteome_id
   AND m.valid_from <= l.effective AND (m.valid_to IS NULL OR m.valid_to > l.effective)
  JOIN nesannot.sequence s ON s.id = m.sequence_id
 WHERE l.proteome_id = :proteome_id AND l.id = :release_id
 ORDER BY s.sha256;

-- name: accessions_of_sequences
-- First accession of each of these sequences.
SELECT s.sha256, min(p.accession COLLATE "C") AS accession
  FROM nesannot.sequence s
  JOIN nesannot.membership m ON m.sequence_id = s.id
  JOIN nesannot.protein p ON p.id = m.protein_id
 WHERE s.sha256 = ANY (CAST(:digests AS text[]))
 GROUP BY s.sha256;

-- name: latest_evaluation
-- The newest run that stored figures; those of one run are written in one transaction.
SELECT max(run_id) FROM nesannot.evaluation_figure;

-- name: load_evaluation_figures
-- Figures of one evaluation.
SELECT protocol, population, method, condition, figure, value, low, high
  FROM nesannot.evaluation_figure WHERE run_id = :run_id
 ORDER BY protocol, population, method, condition, figure;

-- name: load_evaluation_candidates
-- Candidates of one method in one evaluation, best first.
SELECT s.sha256, c.first_residue, c.last_residue, c.part, c.score, c.verdict, c.verdict_b
  FROM nesannot.evaluation_candidate c JOIN nesannot.sequence s ON s.id = c.sequence_id
 WHERE c.run_id = :run_id AND c.protocol = :protocol AND c.method = :method
 ORDER BY c.score DESC, s.sha256, c.first_residue, c.last_residue;

-- name: save_decoys
-- Scores of a chunk of a proteome's shuffled proteins.
INSERT INTO nesannot.decoy (configuration_id, proteome_id, run_id, proteins, residues, chunk, chunks, combined, candidates)
VALUES (:configuration_id, :proteome_id, :run_id, :proteins, :residues, :chunk, :chunks, CAST(:combined AS real[]), :candidates)
ON CONFLICT (configuration_id, proteome_id, chunk) DO UPDATE
   SET run_id = excluded.run_id, proteins = excluded.proteins, residues = excluded.residues, chunks = excluded.chunks,
       combined = excluded.combined, candidates = excluded.candidates, made_at = clock_timestamp();

-- name: stored_chunks
-- Numbers of the chunks of a proteome's shuffled proteins that are scored.
SELECT chunk FROM nesannot.decoy WHERE configuration_id = :configuration_id AND proteome_id = :proteome_id;

-- name: find_decoys
-- Scores of a proteome's shuffled proteins, by chunk.
SELECT chunks, residues, combined FROM nes.decoy
 WHERE configuration_id = :configuration_id AND proteome = :proteome ORDER BY chunk;

-- name: decoy_candidates
-- Candidates of all chunks of a proteome's shuffled proteins, from the newest of some configurations that has them all.
SELECT d.chunk, d.chunks, d.proteins, d.residues, d.candidates
  FROM nesannot.decoy d
 WHERE d.proteome_id = :proteome_id
   AND d.configuration_id = (SELECT o.configuration_id FROM nesannot.decoy o
                              WHERE o.configuration_id = ANY(:configuration_ids) AND o.proteome_id = :proteome_id
                              GROUP BY o.configuration_id HAVING count(o.candidates) >= max(o.chunks)
                              ORDER BY max(o.made_at) DESC LIMIT 1)
 ORDER BY d.chunk;

-- name: ranked_scores
-- Combined scores of all candidates of a ranking, a row for each distinct sequence that was scored for it.
SELECT s.sequence_sha256 AS sha256, s.length, coalesce(c.combined, '{}') AS combined
  FROM nes.ranking k
  JOIN nes.scored_sequence s ON s.configuration_id = k.configuration_id AND s.error IS NULL
  LEFT JOIN (SELECT a.sequence_sha256, array_agg(a.combined) AS combined FROM nes.candidate_all a
              WHERE a.ranking_id = :ranking_id GROUP BY a.sequence_sha256) c ON c.sequence_sha256 = s.sequence_sha256
 WHERE k.ranking_id = :ranking_id
   AND s.sequence_sha256 IN (SELECT m.sequence_sha256 FROM nes.release_membership m
                              WHERE m.proteome = k.proteome AND m.release = k.release)
 ORDER BY s.sequence_sha256;

-- name: sequences_of_ranking
-- Distinct sequences of the release of a ranking.
SELECT DISTINCT s.sha256, s.residues
  FROM nes.ranking k
  JOIN nes.release_membership m ON m.proteome = k.proteome AND m.release = k.release
  JOIN nes.sequence s ON s.sha256 = m.sequence_sha256
 WHERE k.ranking_id = :ranking_id ORDER BY s.sha256;

-- name: combined_scores
-- Combined scores of all candidates of a release, a row for each distinct sequence that was scored.
WITH member AS (
    SELECT DISTINCT m.sequence_id
      FROM nesannot.release l
      JOIN nesannot.membership m ON m.proteome_id = l.proteome_id
       AND m.valid_from <= l.effective AND (m.valid_to IS NULL OR m.valid_to > l.effective)
     WHERE l.proteome_id = :proteome_id AND l.id = :release_id
), score AS (
    SELECT x.sequence_id, array_agg(x.calibrated) AS combined
      FROM nesannot.method_score x
      JOIN nesannot.configuration_method c ON c.configuration_id = x.configuration_id AND c.method_id = x.method_id
     WHERE x.configuration_id = :configuration_id AND c.name = 'combined'
       AND x.sequence_id IN (SELECT sequence_id FROM member)
     GROUP BY x.sequence_id
)
SELECT s.sha256, s.length, coalesce(k.combined, '{}') AS combined
  FROM member m
  JOIN nesannot.scored_sequence z ON z.configuration_id = :configuration_id AND z.sequence_id = m.sequence_id
   AND z.error IS NULL
  JOIN nesannot.sequence s ON s.id = m.sequence_id
  LEFT JOIN score k ON k.sequence_id = m.sequence_id
 ORDER BY s.sha256;

-- name: role_facts
-- What making roles depends on: who asks, on which server, which of the roles and schemas are there.
SELECT current_user AS me, current_database() AS database,
       CAST(current_setting('server_version_num') AS integer) / 10000 AS version,
       (SELECT r.rolcreaterole OR r.rolsuper FROM pg_roles r WHERE r.rolname = current_user) AS may_create,
       coalesce((SELECT array_agg(CAST(r.rolname AS text)) FROM pg_roles r WHERE r.rolname = ANY (:roles)), '{}') AS existing,
       coalesce((SELECT array_agg(CAST(n.nspname AS text) ORDER BY n.nspname)
                   FROM pg_namespace n WHERE n.nspname = ANY (:schemas)), '{}') AS schemas;

-- name: former_owners
-- Roles without superuser rights that own schemas or tables of ours, and lose them when the owner's role gets them.
SELECT DISTINCT CAST(r.rolname AS text) AS role
  FROM (SELECT n.nspowner AS owner FROM pg_namespace n WHERE n.nspname = ANY (:schemas)
        UNION
        SELECT c.relowner FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = ANY (:schemas)) o
  JOIN pg_roles r ON r.oid = o.owner
 WHERE NOT r.rolsuper AND r.rolname NOT IN (current_user, CAST(:owner AS text))
 ORDER BY role;

-- name: objects_to_own
-- Schemas first, tables, views, routines and types of ours, as ALTER names them; what goes with a table is left out.
SELECT 'SCHEMA' AS kind, quote_ident(n.nspname) AS name FROM pg_namespace n WHERE n.nspname = ANY (:schemas)
UNION ALL
SELECT CASE c.relkind WHEN 'v' THEN 'VIEW' WHEN 'S' THEN 'SEQUENCE' WHEN 'm' THEN 'MATERIALIZED VIEW' ELSE 'TABLE' END,
       quote_ident(n.nspname) || '.' || quote_ident(c.relname)
  FROM pg_class c
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE n.nspname = ANY (:schemas) AND c.relkind IN ('r', 'p', 'v', 'm', 'S')
   AND NOT EXISTS (SELECT FROM pg_depend d
                    WHERE d.classid = CAST('pg_class' AS regclass) AND d.objid = c.oid AND c.relkind = 'S'
                      AND d.deptype IN ('a', 'i'))
UNION ALL
SELECT 'ROUTINE', CAST(CAST(f.oid AS regprocedure) AS text)
  FROM pg_proc f JOIN pg_namespace n ON n.oid = f.pronamespace WHERE n.nspname = ANY (:schemas)
UNION ALL
SELECT 'TYPE', quote_ident(n.nspname) || '.' || quote_ident(t.typname)
  FROM pg_type t
  JOIN pg_namespace n ON n.oid = t.typnamespace
  LEFT JOIN pg_class c ON c.oid = t.typrelid
 WHERE n.nspname = ANY (:schemas) AND (t.typtype IN ('e', 'd', 'r') OR c.relkind = 'c');

-- name: where_revision_stands
-- Where this role can read the version of the schema: in its table, or in the view for readers; NULL if there is none.
SELECT CASE WHEN has_schema_privilege(t.oid, 'USAGE') AND EXISTS (SELECT FROM pg_class c WHERE c.relnamespace = t.oid
                                                                   AND c.relname = 'alembic_version')
            THEN t.nspname || '.alembic_version'
            WHEN EXISTS (SELECT FROM pg_class c JOIN pg_namespace v ON v.oid = c.relnamespace
                          WHERE v.nspname = :views AND c.relname = 'schema_version')
            THEN CAST(:views AS text) || '.schema_version' END
  FROM pg_namespace t
 WHERE t.nspname = :schema;

-- name: other_owner
-- Who owns a schema, if it is another role, which this one may act as.
SELECT quote_ident(r.rolname)
  FROM pg_namespace n
  JOIN pg_roles r ON r.oid = n.nspowner
 WHERE n.nspname = :schema AND r.rolname <> current_user AND pg_has_role(r.oid, 'MEMBER');

-- name: ranking_of_run
-- The ranking that a run made, or that was made from the scores of its proteome, release and configuration.
SELECT k.id
  FROM nesannot.ranking k
  JOIN nesannot.proteome o ON o.id = k.proteome_id
  JOIN nesannot.release l ON l.id = k.release_id
  JOIN nesannot.run u ON u.id = :run_id
 WHERE k.run_id = u.id
    OR o.name = u.settings ->> 'proteome' AND l.name = u.settings ->> 'release'
       AND CAST(k.configuration_id AS text) = u.settings ->> 'configuration'
 ORDER BY k.run_id = u.id DESC, k.id DESC LIMIT 1;

-- name: compare_rankings
-- How two rankings agree: candidates of both, shared among the first so many, and Spearman's correlation of what both have.
SELECT count(*) FILTER (WHERE a_rank IS NOT NULL) AS first, count(*) FILTER (WHERE b_rank IS NOT NULL) AS second,
       count(*) FILTER (WHERE a_rank IS NOT NULL AND b_rank IS NOT NULL) AS shared,
       count(*) FILTER (WHERE a_rank <= :top AND b_rank <= :top) AS shared_top,
       corr(CASE WHEN b_rank IS NOT NULL THEN a_order END, CASE WHEN a_rank IS NOT NULL THEN b_order END) AS spearman
  FROM (SELECT a.rank AS a_rank, b.rank AS b_rank,
               rank() OVER (PARTITION BY b.rank IS NULL ORDER BY a.rank) AS a_order,
               rank() OVER (PARTITION BY a.rank IS NULL ORDER BY b.rank) AS b_order
          FROM (SELECT * FROM nesannot.ranked_segment WHERE ranking_id = :first) a
          FULL JOIN (SELECT * FROM nesannot.ranked_segment WHERE ranking_id = :second) b
            ON b.sequence_id = a.sequence_id AND b.first_residue = a.first_residue AND b.last_residue = a.last_residue) j;

-- name: moved_candidates
-- Candidates that are among the first so many of one ranking only, the best placed first.
SELECT p.accession, j.first_residue, j.last_residue,
       substr(s.residues, j.first_residue, j.last_residue - j.first_residue + 1) AS peptide, j.a_rank, j.b_rank
  FROM (SELECT coalesce(a.sequence_id, b.sequence_id) AS sequence_id, coalesce(a.membership_id, b.membership_id) AS membership_id,
               coalesce(a.first_residue, b.first_residue) AS first_residue,
               coalesce(a.last_residue, b.last_residue) AS last_residue, a.rank AS a_rank, b.rank AS b_rank
          FROM (SELECT * FROM nesannot.ranked_segment WHERE ranking_id = :first) a
          FULL JOIN (SELECT * FROM nesannot.ranked_segment WHERE ranking_id = :second) b
            ON b.sequence_id = a.sequence_id AND b.first_residue = a.first_residue AND b.last_residue = a.last_residue
         WHERE (coalesce(a.rank, :top + 1) <= :top) <> (coalesce(b.rank, :top + 1) <= :top)) j
  JOIN nesannot.sequence s ON s.id = j.sequence_id
  LEFT JOIN nesannot.membership m ON m.id = j.membership_id
  LEFT JOIN nesannot.protein p ON p.id = m.protein_id
 ORDER BY least(coalesce(j.a_rank, j.b_rank), coalesce(j.b_rank, j.a_rank)), p.accession LIMIT :limit;

-- name: proteome_states
-- Proteomes with the size of their newest release, how much of it is scored at most, and the ranking that the views show.
SELECT p.proteome AS name, coalesce(p.title, m.organism) AS organism,
       (SELECT count(*) FROM nes.proteome_release r WHERE r.proteome = p.proteome) AS releases, p.proteins, m.sequences,
       coalesce(d.scored, 0) AS scored, k.candidates,
       coalesce('release ' || k.release || CASE WHEN k.complete THEN ''
                                                ELSE ', ' || k.scored || ' of ' || k.sequences || ' sequences scored' END, '') AS ranked
  FROM nes.proteome_release p
  CROSS JOIN LATERAL (SELECT count(DISTINCT r.sequence_sha256) AS sequences, mode() WITHIN GROUP (ORDER BY r.organism) AS organism
                        FROM nes.release_membership r WHERE r.proteome = p.proteome AND r.release = p.release) m
  CROSS JOIN LATERAL (SELECT max(s.sequences) AS scored
                        FROM (SELECT count(*) AS sequences FROM nes.scored_sequence q
                               WHERE q.error IS NULL
                                 AND q.sequence_sha256 IN (SELECT r.sequence_sha256 FROM nes.release_membership r
                                                            WHERE r.proteome = p.proteome AND r.release = p.release)
                               GROUP BY q.configuration_id) s) d
  LEFT JOIN nes.ranking k ON k.proteome = p.proteome AND k.motif = 'NES' AND k.is_current
 WHERE p.is_newest
 ORDER BY p.proteome;

-- name: run_on_proteome
-- A run that works on a proteome, or waits for a worker to do so.
SELECT run_id, kind, status FROM nes.run_progress
 WHERE status IN ('running', 'queued')
   AND (settings ->> 'proteome' = :proteome OR settings -> 'proteomes' @> to_jsonb(CAST(:proteome AS text)))
 ORDER BY run_id LIMIT 1;

-- name: lock_proteome_row
-- Remove a proteome alone: no ingest and no ranking of it meanwhile.
SELECT id FROM nesannot.proteome WHERE id = :proteome_id FOR UPDATE;

-- name: collect_sequences
-- Sequences that a proteome has or had.
CREATE TEMPORARY TABLE collected_sequence ON COMMIT DROP AS
SELECT sequence_id FROM nesannot.membership WHERE proteome_id = :proteome_id
UNION SELECT old_sequence_id FROM nesannot.change WHERE proteome_id = :proteome_id AND old_sequence_id IS NOT NULL
UNION SELECT new_sequence_id FROM nesannot.change WHERE proteome_id = :proteome_id AND new_sequence_id IS NOT NULL;

-- name: count_collected
-- How many sequences were collected.
SELECT count(*) FROM collected_sequence;

-- name: forget_rankings
-- Remove the rankings of a proteome.
DELETE FROM nesannot.ranking WHERE proteome_id = :proteome_id;

-- name: forget_changes_of_proteome
-- Remove what was recorded about changes of a proteome.
DELETE FROM nesannot.change WHERE proteome_id = :proteome_id;

-- name: forget_decoys
-- Remove the scores of a proteome's shuffled proteins.
DELETE FROM nesannot.decoy WHERE proteome_id = :proteome_id;

-- name: forget_memberships
-- Remove all statements about the proteins of a proteome.
DELETE FROM nesannot.membership WHERE proteome_id = :proteome_id;

-- name: forget_releases
-- Remove the releases of a proteome.
DELETE FROM nesannot.release WHERE proteome_id = :proteome_id;

-- name: forget_proteome
-- Remove a proteome of which nothing is left.
DELETE FROM nesannot.proteome WHERE id = :proteome_id;

-- name: forget_unused_proteins
-- Remove accessions that no proteome and no annotation uses.
DELETE FROM nesannot.protein p
 WHERE NOT EXISTS (SELECT FROM nesannot.membership m WHERE m.protein_id = p.id)
   AND NOT EXISTS (SELECT FROM nesannot.annotation a WHERE a.protein_id = p.id);

-- name: spare_used_sequences
-- Collected sequences that something else uses are not removed.
DELETE FROM collected_sequence c
 WHERE EXISTS (SELECT FROM nesannot.membership m WHERE m.sequence_id = c.sequence_id)
    OR EXISTS (SELECT FROM nesannot.reference_entry e WHERE e.sequence_id = c.sequence_id)
    OR EXISTS (SELECT FROM nesannot.evaluation_candidate v WHERE v.sequence_id = c.sequence_id)
    OR EXISTS (SELECT FROM nesannot.ranked_segment r WHERE r.sequence_id = c.sequence_id)
    OR EXISTS (SELECT FROM nesannot.change o WHERE o.old_sequence_id = c.sequence_id)
    OR EXISTS (SELECT FROM nesannot.change o WHERE o.new_sequence_id = c.sequence_id);

-- name: forget_collected_scores
-- Remove the scores of the collected sequences.
DELETE FROM nesannot.method_score x USING collected_sequence c WHERE x.sequence_id = c.sequence_id;

-- name: forget_collected_segments
-- Remove the segments of the collected sequences.
DELETE FROM nesannot.segment x USING collected_sequence c WHERE x.sequence_id = c.sequence_id;

-- name: forget_collected_ledger
-- Remove the record that the collected sequences were scored.
DELETE FROM nesannot.scored_sequence x USING collected_sequence c WHERE x.sequence_id = c.sequence_id;

-- name: forget_collected_sequences
-- Remove the collected sequences.
DELETE FROM nesannot.sequence s USING collected_sequence c WHERE s.id = c.sequence_id;
