-- Rankings know how much of their release they cover, and the views show the newest complete one; shuffled proteins are
-- stored chunk by chunk; and everything that `nesannot rank` reads has a view, so that a reader can run it.

ALTER TABLE nesannot.proteome ADD COLUMN in_overall boolean DEFAULT true NOT NULL;
COMMENT ON COLUMN nesannot.proteome.in_overall IS 'Whether nes.candidate_overall lists its candidates; false for the sample of nesannot demo';
UPDATE nesannot.proteome o SET in_overall = false
 WHERE o.name = 'sample'
   AND EXISTS (SELECT FROM nesannot.release l WHERE l.proteome_id = o.id AND l.name = 'unstated' AND l.proteins = 16);

ALTER TABLE nesannot.ranking
    ADD COLUMN sequences integer DEFAULT 0 NOT NULL,
    ADD COLUMN scored integer DEFAULT 0 NOT NULL,
    ADD COLUMN failed integer DEFAULT 0 NOT NULL;
ALTER TABLE nesannot.ranking
    ALTER COLUMN sequences DROP DEFAULT,
    ALTER COLUMN scored DROP DEFAULT,
    ALTER COLUMN failed DROP DEFAULT;
COMMENT ON COLUMN nesannot.ranking.sequences IS 'Distinct sequences of the release';
COMMENT ON COLUMN nesannot.ranking.scored IS 'Sequences of the release that had scores when it was ranked';
COMMENT ON COLUMN nesannot.ranking.failed IS 'Sequences of the release that had finally failed: tried three times, without scores';
COMMENT ON COLUMN nesannot.ranking.is_current IS 'Whether nes.candidate shows it: the newest complete ranking of the newest release that has one; without any, the newest partial one';

-- A sequence counts as scored in an older ranking if it was scored before it or has candidates in it.
UPDATE nesannot.ranking k
   SET (sequences, scored, failed) = (
       SELECT count(*),
              count(*) FILTER (WHERE d.sequence_id IS NOT NULL AND d.error IS NULL
                                 AND (d.scored_at <= k.ranked_at
                                      OR EXISTS (SELECT FROM nesannot.ranked_segment r
                                                  WHERE r.ranking_id = k.id AND r.sequence_id = d.sequence_id))),
              count(*) FILTER (WHERE d.error IS NOT NULL AND d.attempts >= 3)
         FROM (SELECT DISTINCT m.sequence_id
                 FROM nesannot.release l
                 JOIN nesannot.membership m ON m.proteome_id = l.proteome_id AND m.valid_from <= l.effective
                  AND (m.valid_to IS NULL OR m.valid_to > l.effective)
                WHERE l.id = k.release_id) s
         LEFT JOIN nesannot.scored_sequence d ON d.configuration_id = k.configuration_id AND d.sequence_id = s.sequence_id);

CREATE TEMPORARY TABLE shown_ranking ON COMMIT DROP AS
SELECT DISTINCT ON (k.proteome_id, k.motif) k.id
  FROM nesannot.ranking k
  JOIN nesannot.release l ON l.id = k.release_id
 ORDER BY k.proteome_id, k.motif, k.scored + k.failed >= k.sequences DESC, l.effective DESC, k.ranked_at DESC, k.id DESC;
UPDATE nesannot.ranked_segment r SET is_current = NOT r.is_current
  FROM nesannot.ranking k
 WHERE k.id = r.ranking_id AND r.is_current <> (k.id IN (SELECT id FROM shown_ranking));
UPDATE nesannot.ranking k SET is_current = NOT k.is_current WHERE k.is_current <> (k.id IN (SELECT id FROM shown_ranking));

-- Shuffled proteins: one row for each chunk. Chunk 0 holds all that earlier versions scored at once.
ALTER TABLE nesannot.decoy
    ADD COLUMN chunk integer DEFAULT 0 NOT NULL,
    ADD COLUMN chunks integer DEFAULT 1 NOT NULL,
    DROP CONSTRAINT pk_decoy,
    ADD CONSTRAINT pk_decoy PRIMARY KEY (configuration_id, proteome_id, chunk);
ALTER TABLE nesannot.decoy ALTER COLUMN chunk DROP DEFAULT, ALTER COLUMN chunks DROP DEFAULT;
COMMENT ON COLUMN nesannot.decoy.chunk IS 'Number of the chunk, from 1; 0 for all that an earlier version scored at once';
COMMENT ON COLUMN nesannot.decoy.chunks IS 'Number of chunks that are to be scored; q-values need all of them';
COMMENT ON COLUMN nesannot.decoy.proteins IS 'Number of shuffled proteins of the chunk';

CREATE OR REPLACE VIEW nes.candidate_all AS
SELECT r.proteome,
       l.name AS release,
       r.rank,
       p.accession,
       m.entry_name,
       m.gene,
       m.protein_name,
       r.first_residue,
       r.last_residue,
       substr(s.residues, r.first_residue, r.last_residue - r.first_residue + 1) AS peptide,
       r.nes_class,
       r.core_positions,
       r.probability,
       r.q_value,
       CAST(r.scores ->> 'consensus' AS real) AS consensus,
       CAST(r.scores ->> 'similarity' AS real) AS similarity,
       CAST(r.scores ->> 'neural' AS real) AS neural,
       CAST(r.scores ->> 'tagger' AS real) AS tagger,
       CAST(r.scores ->> 'biochemical' AS real) AS biochemical,
       r.combined,
       s.length,
       m.reviewed,
       m.organism,
       (SELECT array_agg(q.accession ORDER BY q.accession)
          FROM nesannot.membership o
          JOIN nesannot.protein q ON q.id = o.protein_id
         WHERE o.proteome_id = k.proteome_id AND o.sequence_id = r.sequence_id
           AND o.valid_from <= l.effective AND (o.valid_to IS NULL OR o.valid_to > l.effective)) AS accessions,
       k.motif,
       s.sha256 AS sequence_sha256,
       r.segment,
       k.configuration_id,
       k.run_id,
       r.ranking_id,
       r.is_current,
       r.e_value,
       CASE WHEN k.scored + k.failed < k.sequences THEN format('%s of %s sequences scored', k.scored, k.sequences) END AS incomplete,
       r.cargo AS cargo_probability,
       d.training,
       d.training_accession,
       d.training_share,
       r.scores
  FROM nesannot.ranked_segment r
  JOIN nesannot.ranking k ON k.id = r.ranking_id
  JOIN nesannot.release l ON l.id = k.release_id
  JOIN nesannot.sequence s ON s.id = r.sequence_id
  LEFT JOIN nesannot.membership m ON m.id = r.membership_id
  LEFT JOIN nesannot.protein p ON p.id = m.protein_id
  LEFT JOIN nesannot.scored_sequence d ON d.configuration_id = k.configuration_id AND d.sequence_id = r.sequence_id;
COMMENT ON COLUMN nes.candidate_all.is_current IS 'Whether nes.candidate shows the ranking: the newest complete one of its proteome, or without any the newest partial one';
COMMENT ON COLUMN nes.candidate_all.incomplete IS 'NULL if the ranking is complete; else, for example, 77 of 150 sequences scored';
COMMENT ON COLUMN nes.candidate_all.cargo_probability IS 'Probability that the protein is a cargo of CRM1, under the prior of the ranking; NULL before schema 0008';
COMMENT ON COLUMN nes.candidate_all.training IS 'none (no relative over about 50 % identity), related or same: how the protein is related to the proteins that the methods were trained on; NULL if it was scored before schema 0010';
COMMENT ON COLUMN nes.candidate_all.training_accession IS 'Training protein that shares most words of five residues with the protein; NULL for none';
COMMENT ON COLUMN nes.candidate_all.training_share IS 'Share of the words of the shorter of both that they have in common, 0 to 1; NULL for none';
COMMENT ON COLUMN nes.candidate_all.scores IS 'Calibrated score of each method, by name, 0 to 1, before the prior';

CREATE OR REPLACE VIEW nes.candidate AS
SELECT proteome, release, rank, accession, entry_name, gene, protein_name, first_residue, last_residue, peptide, nes_class,
       core_positions, probability, q_value, consensus, similarity, neural, tagger, biochemical, combined, length, reviewed,
       organism, accessions, motif, sequence_sha256, segment, configuration_id, run_id, ranking_id, e_value, incomplete,
       cargo_probability, training, training_accession, training_share, scores
  FROM nes.candidate_all
 WHERE is_current;
COMMENT ON VIEW nes.candidate IS 'Ranked candidates: the newest complete ranking of each proteome, or without any the newest partial one. Example: SELECT * FROM nes.candidate WHERE proteome = ''UP000002311'' ORDER BY rank LIMIT 20';
COMMENT ON COLUMN nes.candidate.incomplete IS 'NULL if the ranking is complete; else, for example, 77 of 150 sequences scored';
COMMENT ON COLUMN nes.candidate.cargo_probability IS 'Probability that the protein is a cargo of CRM1, under the prior of the ranking; NULL before schema 0008';
COMMENT ON COLUMN nes.candidate.training IS 'none (no relative over about 50 % identity), related or same: how the protein is related to the proteins that the methods were trained on; NULL if it was scored before schema 0010';
COMMENT ON COLUMN nes.candidate.training_accession IS 'Training protein that shares most words of five residues with the protein; NULL for none';
COMMENT ON COLUMN nes.candidate.training_share IS 'Share of the words of the shorter of both that they have in common, 0 to 1; NULL for none';
COMMENT ON COLUMN nes.candidate.scores IS 'Calibrated score of each method, by name, 0 to 1, before the prior';

CREATE OR REPLACE VIEW nes.candidate_overall AS
SELECT o.overall_rank,
       c.proteome,
       c.release,
       c.rank,
       c.accession,
       c.entry_name,
       c.gene,
       c.protein_name,
       c.organism,
       c.first_residue,
       c.last_residue,
       c.peptide,
       c.nes_class,
       c.probability,
       c.q_value,
       c.consensus,
       c.similarity,
       c.neural,
       c.tagger,
       c.biochemical,
       c.combined,
       c.length,
       c.reviewed,
       c.accessions,
       c.sequence_sha256,
       c.configuration_id,
       c.ranking_id,
       c.incomplete,
       c.training,
       c.training_accession,
       c.training_share,
       c.scores
  FROM (SELECT row_number() OVER (ORDER BY r.probability DESC, r.rank, r.ranking_id) AS overall_rank,
               r.ranking_id, r.rank
          FROM nesannot.ranked_segment r
         WHERE r.is_current
           AND NOT coalesce(r.ranking_id = ANY (ARRAY (  -- coalesce: else the planner takes it that few rows are left
                   SELECT k.id FROM nesannot.ranking k JOIN nesannot.proteome x ON x.id = k.proteome_id
                    WHERE k.is_current AND NOT x.in_overall)), false)
         ORDER BY overall_rank) o
  CROSS JOIN LATERAL (SELECT * FROM nes.candidate v WHERE v.ranking_id = o.ranking_id AND v.rank = o.rank OFFSET 0) c;
COMMENT ON VIEW nes.candidate_overall IS 'Current candidates of all proteomes in one order, without the sample of nesannot demo. Take it from the top: WHERE overall_rank <= 1000 ORDER BY overall_rank; to look one candidate up, use nes.candidate';
COMMENT ON COLUMN nes.candidate_overall.incomplete IS 'NULL if the ranking is complete; else, for example, 77 of 150 sequences scored';
COMMENT ON COLUMN nes.candidate_overall.training IS 'none (no relative over about 50 % identity), related or same: how the protein is related to the proteins that the methods were trained on; NULL if it was scored before schema 0010';
COMMENT ON COLUMN nes.candidate_overall.training_accession IS 'Training protein that shares most words of five residues with the protein; NULL for none';
COMMENT ON COLUMN nes.candidate_overall.training_share IS 'Share of the words of the shorter of both that they have in common, 0 to 1; NULL for none';
COMMENT ON COLUMN nes.candidate_overall.scores IS 'Calibrated score of each method, by name, 0 to 1, before the prior';

CREATE OR REPLACE VIEW nes.protein_summary AS
SELECT o.name AS proteome,
       l.name AS release,
       p.accession,
       m.entry_name,
       m.gene,
       m.protein_name,
       m.organism,
       m.reviewed,
       s.length,
       coalesce(best.candidates, 0) AS candidates,
       best.rank AS best_rank,
       best.probability AS best_probability,
       best.first_residue AS best_first_residue,
       best.last_residue AS best_last_residue,
       (SELECT array_agg(a.text ORDER BY a.text)
          FROM nesannot.annotation a WHERE a.protein_id = p.id AND a.kind = 'location') AS locations,
       s.sha256 AS sequence_sha256,
       best.e_value AS best_e_value,
       1 - exp(-CAST(best.e_value AS double precision)) AS p_value,
       best.cargo AS cargo_probability,
       (SELECT format('%s of %s sequences scored', k.scored, k.sequences)
          FROM nesannot.ranking k
         WHERE k.proteome_id = o.id AND k.motif = 'NES' AND k.is_current AND k.scored + k.failed < k.sequences) AS incomplete,
       d.training,
       d.training_accession,
       d.training_share
  FROM nesannot.proteome o
  JOIN LATERAL (SELECT * FROM nesannot.release n WHERE n.proteome_id = o.id ORDER BY n.effective DESC LIMIT 1) l ON true
  JOIN nesannot.membership m ON m.proteome_id = o.id AND m.valid_to IS NULL
  JOIN nesannot.protein p ON p.id = m.protein_id
  JOIN nesannot.sequence s ON s.id = m.sequence_id
  LEFT JOIN LATERAL (
       SELECT r.rank, r.probability, r.e_value, r.cargo, r.ranking_id, r.first_residue, r.last_residue, count(*) OVER () AS candidates
         FROM nesannot.ranked_segment r
        WHERE r.sequence_id = m.sequence_id AND r.is_current AND r.proteome = o.name
        ORDER BY r.rank LIMIT 1) best ON true
  LEFT JOIN nesannot.ranking y ON y.id = best.ranking_id
  LEFT JOIN nesannot.scored_sequence d ON d.configuration_id = y.configuration_id AND d.sequence_id = m.sequence_id;
COMMENT ON COLUMN nes.protein_summary.incomplete IS 'NULL if the ranking of the proteome is complete; else, for example, 77 of 150 sequences scored';
COMMENT ON COLUMN nes.protein_summary.training IS 'none (no relative over about 50 % identity), related or same: how the protein is related to the proteins that the methods were trained on; NULL if it was scored before schema 0010 or has no candidate';
COMMENT ON COLUMN nes.protein_summary.training_accession IS 'Training protein that shares most words of five residues with the protein; NULL for none';
COMMENT ON COLUMN nes.protein_summary.training_share IS 'Share of the words of the shorter of both that they have in common, 0 to 1; NULL for none';

CREATE VIEW nes.ranking AS
SELECT k.id AS ranking_id,
       o.name AS proteome,
       l.name AS release,
       l.released,
       l.effective,
       l.proteins,
       k.motif,
       k.sequences,
       k.scored,
       k.failed,
       k.scored + k.failed >= k.sequences AS complete,
       k.candidates,
       k.logit_shift,
       k.minimum_probability,
       k.decoys,
       k.is_current,
       k.ranked_at,
       k.run_id,
       k.configuration_id,
       e.name AS language_model,
       e.layer,
       e.weights_sha256,
       g.algorithm AS segmentation,
       g.version AS segmentation_version,
       g.parameters AS segmentation_parameters,
       f.head_set_digest
  FROM nesannot.ranking k
  JOIN nesannot.proteome o ON o.id = k.proteome_id
  JOIN nesannot.release l ON l.id = k.release_id
  JOIN nesannot.configuration f ON f.id = k.configuration_id
  JOIN nesannot.language_model e ON e.id = f.language_model_id
  JOIN nesannot.segmentation g ON g.id = f.segmentation_id;
COMMENT ON VIEW nes.ranking IS 'Rankings that are kept, one row for each release and configuration, with how much of the release they cover';
COMMENT ON COLUMN nes.ranking.ranking_id IS 'The ranking';
COMMENT ON COLUMN nes.ranking.proteome IS 'UPID of the proteome, or the name its user gave';
COMMENT ON COLUMN nes.ranking.release IS 'Release of the proteome';
COMMENT ON COLUMN nes.ranking.released IS 'Date of the release; NULL if it is not known';
COMMENT ON COLUMN nes.ranking.effective IS 'Date that orders the releases of a proteome';
COMMENT ON COLUMN nes.ranking.proteins IS 'Number of proteins of the release';
COMMENT ON COLUMN nes.ranking.motif IS 'Which motif is ranked';
COMMENT ON COLUMN nes.ranking.sequences IS 'Distinct sequences of the release';
COMMENT ON COLUMN nes.ranking.scored IS 'Sequences that had scores when it was ranked';
COMMENT ON COLUMN nes.ranking.failed IS 'Sequences that had finally failed: tried three times, without scores';
COMMENT ON COLUMN nes.ranking.complete IS 'Whether every sequence had scores or had finally failed';
COMMENT ON COLUMN nes.ranking.candidates IS 'Number of ranked candidates';
COMMENT ON COLUMN nes.ranking.logit_shift IS 'The prior: added to the log-odds of each protein to be a cargo, which are those where one in ten is';
COMMENT ON COLUMN nes.ranking.minimum_probability IS 'Candidates below it are not listed; NULL if all are';
COMMENT ON COLUMN nes.ranking.decoys IS 'Where q-values come from: shuffled, or a proteome without CRM1; NULL if there are none';
COMMENT ON COLUMN nes.ranking.is_current IS 'Whether nes.candidate shows it';
COMMENT ON COLUMN nes.ranking.ranked_at IS 'When it was made';
COMMENT ON COLUMN nes.ranking.run_id IS 'Run that ranked';
COMMENT ON COLUMN nes.ranking.configuration_id IS 'Configuration of models and methods; see nes.configuration';
COMMENT ON COLUMN nes.ranking.language_model IS 'Name of the language model';
COMMENT ON COLUMN nes.ranking.layer IS 'Layer whose output is the embedding';
COMMENT ON COLUMN nes.ranking.weights_sha256 IS 'SHA-256 of its file of weights';
COMMENT ON COLUMN nes.ranking.segmentation IS 'Segmentation algorithm';
COMMENT ON COLUMN nes.ranking.segmentation_version IS 'Version of the segmentation';
COMMENT ON COLUMN nes.ranking.segmentation_parameters IS 'Parameters of the segmentation';
COMMENT ON COLUMN nes.ranking.head_set_digest IS 'SHA-256 of the trained heads; empty if none';

CREATE VIEW nes.scored_sequence AS
SELECT d.configuration_id,
       s.sha256 AS sequence_sha256,
       s.length,
       d.segments,
       d.attempts,
       d.error,
       d.run_id,
       d.scored_at,
       d.training,
       d.training_accession,
       d.training_share
  FROM nesannot.scored_sequence d
  JOIN nesannot.sequence s ON s.id = d.sequence_id;
COMMENT ON VIEW nes.scored_sequence IS 'Sequences that were tried under a configuration: how many candidates each has, or why scoring it failed';
COMMENT ON COLUMN nes.scored_sequence.configuration_id IS 'Configuration of models and methods; see nes.configuration';
COMMENT ON COLUMN nes.scored_sequence.sequence_sha256 IS 'SHA-256 of the residues';
COMMENT ON COLUMN nes.scored_sequence.length IS 'Length in residues';
COMMENT ON COLUMN nes.scored_sequence.segments IS 'Number of stored candidates';
COMMENT ON COLUMN nes.scored_sequence.attempts IS 'How often it was tried; after three failures it is not tried again';
COMMENT ON COLUMN nes.scored_sequence.error IS 'Why scoring it failed; NULL if it did not';
COMMENT ON COLUMN nes.scored_sequence.run_id IS 'Run that scored it last';
COMMENT ON COLUMN nes.scored_sequence.scored_at IS 'When it was scored last';
COMMENT ON COLUMN nes.scored_sequence.training IS 'none (no relative over about 50 % identity), related or same: how the protein is related to the proteins that the methods were trained on; NULL if it was scored before schema 0010';
COMMENT ON COLUMN nes.scored_sequence.training_accession IS 'Training protein that shares most words of five residues with the protein; NULL for none';
COMMENT ON COLUMN nes.scored_sequence.training_share IS 'Share of the words of the shorter of both that they have in common, 0 to 1; NULL for none';

CREATE VIEW nes.decoy AS
SELECT o.name AS proteome,
       d.configuration_id,
       d.chunk,
       d.chunks,
       d.proteins,
       d.residues,
       to_jsonb(CAST(d.combined AS double precision[])) AS combined,
       d.run_id,
       d.made_at
  FROM nesannot.decoy d
  JOIN nesannot.proteome o ON o.id = d.proteome_id;
COMMENT ON VIEW nes.decoy IS 'Combined scores of shuffled proteins, one row for each chunk; q-values are estimated from all chunks of a proteome';
COMMENT ON COLUMN nes.decoy.proteome IS 'Proteome whose proteins were shuffled';
COMMENT ON COLUMN nes.decoy.configuration_id IS 'Configuration of models and methods; see nes.configuration';
COMMENT ON COLUMN nes.decoy.chunk IS 'Number of the chunk, from 1; 0 for all that an earlier version scored at once';
COMMENT ON COLUMN nes.decoy.chunks IS 'Number of chunks that are to be scored';
COMMENT ON COLUMN nes.decoy.proteins IS 'Number of shuffled proteins of the chunk';
COMMENT ON COLUMN nes.decoy.residues IS 'Residues of these proteins';
COMMENT ON COLUMN nes.decoy.combined IS 'Combined score of every candidate in them, ascending, where one protein in ten is a cargo';
COMMENT ON COLUMN nes.decoy.run_id IS 'Run that scored them';
COMMENT ON COLUMN nes.decoy.made_at IS 'When they were scored';

CREATE VIEW nes.sequence AS SELECT s.sha256, s.md5, s.length, s.residues FROM nesannot.sequence s;
COMMENT ON VIEW nes.sequence IS 'Distinct amino acid sequences, by digest';
COMMENT ON COLUMN nes.sequence.sha256 IS 'SHA-256 of the residues';
COMMENT ON COLUMN nes.sequence.md5 IS 'MD5 of the residues, as UniProt publishes it';
COMMENT ON COLUMN nes.sequence.length IS 'Length in residues';
COMMENT ON COLUMN nes.sequence.residues IS 'Residues: upper case, no white space, no trailing *';

CREATE FUNCTION nes.head_set_payload(digest text) RETURNS bytea
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
    SELECT h.payload FROM nesannot.head_set h WHERE h.digest = head_set_payload.digest
$$;
COMMENT ON FUNCTION nes.head_set_payload(text) IS 'A trained head set by its digest, as safetensors; it holds no sequences';
