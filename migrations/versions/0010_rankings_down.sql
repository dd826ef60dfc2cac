-- Views and tables as they were before rankings knew how much of their release they cover.
DROP FUNCTION nes.head_set_payload(text);
DROP VIEW nes.sequence, nes.decoy, nes.scored_sequence, nes.ranking;

-- Views lose columns only by being made anew; their comments are remembered and given back.
CREATE TEMPORARY TABLE remembered_comment ON COMMIT DROP AS
SELECT c.relname AS view, a.attname AS name, coalesce(col_description(c.oid, a.attnum), obj_description(c.oid, 'pg_class')) AS comment
  FROM pg_class c
  JOIN LATERAL (SELECT attname, attnum FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0
                UNION ALL SELECT NULL, NULL) a ON true
 WHERE c.relnamespace = CAST('nes' AS regnamespace)
   AND c.relname IN ('candidate_all', 'candidate', 'candidate_overall', 'protein_summary');
DROP VIEW nes.candidate_overall, nes.candidate, nes.candidate_all, nes.protein_summary;

CREATE VIEW nes.candidate_all AS
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
       r.consensus,
       r.similarity,
       r.neural,
       r.tagger,
       r.biochemical,
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
       r.e_value
  FROM nesannot.ranked_segment r
  JOIN nesannot.ranking k ON k.id = r.ranking_id
  JOIN nesannot.release l ON l.id = k.release_id
  JOIN nesannot.sequence s ON s.id = r.sequence_id
  LEFT JOIN nesannot.membership m ON m.id = r.membership_id
  LEFT JOIN nesannot.protein p ON p.id = m.protein_id;

CREATE VIEW nes.candidate AS
SELECT proteome, release, rank, accession, entry_name, gene, protein_name, first_residue, last_residue, peptide, nes_class,
       core_positions, probability, q_value, consensus, similarity, neural, tagger, biochemical, combined, length, reviewed,
       organism, accessions, motif, sequence_sha256, segment, configuration_id, run_id, ranking_id, e_value
  FROM nes.candidate_all
 WHERE is_current;

CREATE VIEW nes.candidate_overall AS
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
       c.ranking_id
  FROM (SELECT row_number() OVER (ORDER BY r.probability DESC, r.rank, r.ranking_id) AS overall_rank,
               r.ranking_id, r.rank
          FROM nesannot.ranked_segment r
         WHERE r.is_current
         ORDER BY overall_rank) o
  CROSS JOIN LATERAL (SELECT * FROM nes.candidate v WHERE v.ranking_id = o.ranking_id AND v.rank = o.rank OFFSET 0) c;

CREATE VIEW nes.protein_summary AS
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
       best.cargo AS cargo_probability
  FROM nesannot.proteome o
  JOIN LATERAL (SELECT * FROM nesannot.release n WHERE n.proteome_id = o.id ORDER BY n.effective DESC LIMIT 1) l ON true
  JOIN nesannot.membership m ON m.proteome_id = o.id AND m.valid_to IS NULL
  JOIN nesannot.protein p ON p.id = m.protein_id
  JOIN nesannot.sequence s ON s.id = m.sequence_id
  LEFT JOIN LATERAL (
       SELECT r.rank, r.probability, r.e_value, r.cargo, r.first_residue, r.last_residue, count(*) OVER () AS candidates
         FROM nesannot.ranked_segment r
        WHERE r.sequence_id = m.sequence_id AND r.is_current AND r.proteome = o.name
        ORDER BY r.rank LIMIT 1) best ON true;

DO $$
DECLARE
    remembered record;
BEGIN
    FOR remembered IN SELECT r.* FROM remembered_comment r
                        LEFT JOIN pg_attribute a ON a.attrelid = CAST('nes.' || r.view AS regclass) AND a.attname = r.name
                       WHERE r.name IS NULL OR a.attname IS NOT NULL LOOP
        EXECUTE format('COMMENT ON ' || CASE WHEN remembered.name IS NULL THEN 'VIEW nes.%1$I' ELSE 'COLUMN nes.%1$I.%2$I' END
                       || ' IS %3$L', remembered.view, remembered.name, remembered.comment);
    END LOOP;
END
$$;
COMMENT ON COLUMN nes.candidate_all.is_current IS 'Whether the ranking is the latest one of the newest ranked release of its proteome';
COMMENT ON VIEW nes.candidate IS 'Ranked candidates: the latest ranking of the newest release of each proteome. Example: SELECT * FROM nes.candidate WHERE proteome = ''UP000002311'' ORDER BY rank LIMIT 20';
COMMENT ON VIEW nes.candidate_overall IS 'Current candidates of all proteomes in one order. Take it from the top: WHERE overall_rank <= 1000 ORDER BY overall_rank; to look one candidate up, use nes.candidate';

-- One row for each proteome again. Shuffled proteins of which some chunks are missing are given up: they are scored again.
DELETE FROM nesannot.decoy d
 WHERE d.chunks > (SELECT count(*) FROM nesannot.decoy o
                    WHERE o.configuration_id = d.configuration_id AND o.proteome_id = d.proteome_id);
UPDATE nesannot.decoy d SET proteins = w.proteins, residues = w.residues, combined = w.combined, candidates = NULL
  FROM (SELECT a.configuration_id, a.proteome_id, min(a.chunk) AS chunk, sum(a.proteins) AS proteins, sum(a.residues) AS residues,
               (SELECT coalesce(array_agg(x ORDER BY x), '{}')
                  FROM nesannot.decoy o, unnest(o.combined) x
                 WHERE o.configuration_id = a.configuration_id AND o.proteome_id = a.proteome_id) AS combined
          FROM nesannot.decoy a GROUP BY a.configuration_id, a.proteome_id HAVING count(*) > 1) w
 WHERE d.configuration_id = w.configuration_id AND d.proteome_id = w.proteome_id AND d.chunk = w.chunk;
DELETE FROM nesannot.decoy d
 WHERE d.chunk > (SELECT min(o.chunk) FROM nesannot.decoy o
                   WHERE o.configuration_id = d.configuration_id AND o.proteome_id = d.proteome_id);
ALTER TABLE nesannot.decoy
    DROP CONSTRAINT pk_decoy,
    DROP COLUMN chunk,
    DROP COLUMN chunks,
    ADD CONSTRAINT pk_decoy PRIMARY KEY (configuration_id, proteome_id);
COMMENT ON COLUMN nesannot.decoy.proteins IS 'Number of shuffled proteins';

ALTER TABLE nesannot.ranking DROP COLUMN sequences, DROP COLUMN scored, DROP COLUMN failed;
COMMENT ON COLUMN nesannot.ranking.is_current IS 'Whether nes.candidate shows it: the newest release''s latest ranking';
ALTER TABLE nesannot.proteome DROP COLUMN in_overall;
