-- Scores without the engine that embedded their sequence.
DROP VIEW nes.score_provenance;
ALTER TABLE nesannot.scored_sequence DROP COLUMN engine;
ALTER TABLE nesannot.scored_sequence DROP COLUMN embedding_run_id;
CREATE VIEW nes.score_provenance AS
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
       k.configuration_id
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
COMMENT ON VIEW nes.score_provenance IS 'What each score of each current candidate depends on: method, model, weights, parameters, references, software, device, release and runs';
COMMENT ON COLUMN nes.score_provenance.proteome IS 'UPID of the proteome, or the name its user gave';
COMMENT ON COLUMN nes.score_provenance.release IS 'Release of the proteome';
COMMENT ON COLUMN nes.score_provenance.rank IS 'Place of the candidate';
COMMENT ON COLUMN nes.score_provenance.accession IS 'Accession';
COMMENT ON COLUMN nes.score_provenance.first_residue IS 'First residue of the candidate, 1-based';
COMMENT ON COLUMN nes.score_provenance.last_residue IS 'Last residue of the candidate, inclusive';
COMMENT ON COLUMN nes.score_provenance.method IS 'Name of the method';
COMMENT ON COLUMN nes.score_provenance.method_version IS 'Version of the method';
COMMENT ON COLUMN nes.score_provenance.method_parameters IS 'Parameters of the method';
COMMENT ON COLUMN nes.score_provenance.training_digest IS 'SHA-256 of what the method was trained on; empty if untrained';
COMMENT ON COLUMN nes.score_provenance.language_model IS 'Name of the language model';
COMMENT ON COLUMN nes.score_provenance.layer IS 'Layer whose output is the embedding';
COMMENT ON COLUMN nes.score_provenance.weights_sha256 IS 'SHA-256 of its file of weights';
COMMENT ON COLUMN nes.score_provenance.long_rule IS 'How proteins longer than one pass were embedded';
COMMENT ON COLUMN nes.score_provenance.segmentation IS 'Segmentation algorithm';
COMMENT ON COLUMN nes.score_provenance.segmentation_version IS 'Version of the segmentation';
COMMENT ON COLUMN nes.score_provenance.segmentation_parameters IS 'Parameters of the segmentation';
COMMENT ON COLUMN nes.score_provenance.head_set_digest IS 'SHA-256 of the trained heads; empty if none were used';
COMMENT ON COLUMN nes.score_provenance.references_digest IS 'SHA-256 of the reference motifs that the heads were fitted on';
COMMENT ON COLUMN nes.score_provenance.logit_shift IS 'The prior: what the ranking added to the log-odds of the protein to be a cargo';
COMMENT ON COLUMN nes.score_provenance.scoring_run_id IS 'Run that scored the sequence';
COMMENT ON COLUMN nes.score_provenance.scored_at IS 'When it was scored';
COMMENT ON COLUMN nes.score_provenance.software IS 'Versions of the software that scored';
COMMENT ON COLUMN nes.score_provenance.git IS 'Commit that scored; empty for an installed package';
COMMENT ON COLUMN nes.score_provenance.device IS 'Device that scored';
COMMENT ON COLUMN nes.score_provenance.ranking_run_id IS 'Run that ranked';
COMMENT ON COLUMN nes.score_provenance.ingest_run_id IS 'Run that ingested the release';
COMMENT ON COLUMN nes.score_provenance.configuration_id IS 'Configuration of models and methods';
