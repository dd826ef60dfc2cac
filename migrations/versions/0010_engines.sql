-- The run and the engine that embedded a sequence: a score from stored vectors keeps both.
ALTER TABLE nesannot.scored_sequence ADD COLUMN embedding_run_id BIGINT;
ALTER TABLE nesannot.scored_sequence ADD COLUMN engine TEXT;
ALTER TABLE nesannot.scored_sequence ADD CONSTRAINT fk_scored_sequence_embedding_run_id_run
    FOREIGN KEY (embedding_run_id) REFERENCES nesannot.run (id);
COMMENT ON COLUMN nesannot.scored_sequence.embedding_run_id IS 'Run that embedded it, which scores from stored vectors keep; NULL before schema 0010';
COMMENT ON COLUMN nesannot.scored_sequence.engine IS 'Engine, precision and device that embedded it; NULL before schema 0010';
CREATE OR REPLACE VIEW nes.score_provenance AS
SELECT r.proteome,
       l.name AS release,
       r.rank,
       p.accession,
       r.first_residue,
       r.last_residue,
       c.name AS method,
       t.version AS method_version,
       t.parameters AS method_parameters,
       t.training_digest,
       e.name AS language_model,
       e.layer,
       e.weights_sha256,
       e.long_rule,
       g.algorithm AS segmentation,
       g.version AS segmentation_version,
       g.parameters AS segmentation_parameters,
       f.head_set_digest,
       h.references_digest,
       k.logit_shift,
       d.run_id AS scoring_run_id,
       d.scored_at,
       u.software,
       u.git,
       u.device,
       k.run_id AS ranking_run_id,
       l.run_id AS ingest_run_id,
       k.configuration_id,
       d.embedding_run_id,
       d.engine
  FROM nesannot.ranked_segment r
  JOIN nesannot.ranking k ON k.id = r.ranking_id
  JOIN nesannot.release l ON l.id = k.release_id
  JOIN nesannot.configuration f ON f.id = k.configuration_id
  JOIN nesannot.language_model e ON e.id = f.language_model_id
  JOIN nesannot.segmentation g ON g.id = f.segmentation_id
  JOIN nesannot.configuration_method c ON c.configuration_id = f.id
  JOIN nesannot.method t ON t.id = c.method_id
  JOIN nesannot.scored_sequence d ON d.configuration_id = k.configuration_id AND d.sequence_id = r.sequence_id
  JOIN nesannot.run u ON u.id = d.run_id
  LEFT JOIN nesannot.head_set h ON h.digest = f.head_set_digest
  LEFT JOIN nesannot.membership m ON m.id = r.membership_id
  LEFT JOIN nesannot.protein p ON p.id = m.protein_id
 WHERE r.is_current;
COMMENT ON COLUMN nes.score_provenance.embedding_run_id IS 'Run that embedded the sequence, also where it was scored again from stored vectors; NULL before schema 0010';
COMMENT ON COLUMN nes.score_provenance.engine IS 'Engine, precision and device that embedded the sequence; NULL before schema 0010';
