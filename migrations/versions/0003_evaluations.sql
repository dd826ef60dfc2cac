-- What evaluations found: figures of merit, and every candidate with its score and verdict.
CREATE TABLE nesannot.evaluation_figure (
    run_id BIGINT NOT NULL,
    protocol TEXT NOT NULL,
    population TEXT NOT NULL,
    method TEXT NOT NULL,
    condition TEXT NOT NULL,
    figure TEXT NOT NULL,
    value DOUBLE PRECISION,
    low DOUBLE PRECISION,
    high DOUBLE PRECISION,
    CONSTRAINT pk_evaluation_figure PRIMARY KEY (run_id, protocol, population, method, condition, figure),
    CONSTRAINT ck_evaluation_figure_protocol_known CHECK (protocol IN ('honest', 'paper')),
    CONSTRAINT fk_evaluation_figure_run_id_run FOREIGN KEY(run_id) REFERENCES nesannot.run (id) ON DELETE CASCADE
);
COMMENT ON TABLE nesannot.evaluation_figure IS 'A figure of merit of a method in an evaluation, with its bootstrap interval where it has one';
COMMENT ON COLUMN nesannot.evaluation_figure.run_id IS 'Evaluation: the run that made it';
COMMENT ON COLUMN nesannot.evaluation_figure.protocol IS 'honest (families held out) or paper (the published protocol, which contains its training data)';
COMMENT ON COLUMN nesannot.evaluation_figure.population IS 'What it was measured on: truth A (curated peptides), truth B (functional ranges), motif_free (an organism without CRM1), cargo_screen (proteins by affinity to CRM1), segments (of the paper)';
COMMENT ON COLUMN nesannot.evaluation_figure.method IS 'Scoring method, combination or baseline';
COMMENT ON COLUMN nesannot.evaluation_figure.condition IS 'What was changed for it, as ''without tagger''; empty for the method as it is';
COMMENT ON COLUMN nesannot.evaluation_figure.figure IS 'Name of the figure, as average_precision';
COMMENT ON COLUMN nesannot.evaluation_figure.value IS 'Its value; NULL where it is not defined or not reached';
COMMENT ON COLUMN nesannot.evaluation_figure.low IS 'Lower end of its 95 % bootstrap interval over proteins';
COMMENT ON COLUMN nesannot.evaluation_figure.high IS 'Upper end of its 95 % bootstrap interval over proteins';

CREATE TABLE nesannot.evaluation_candidate (
    run_id BIGINT NOT NULL,
    protocol TEXT NOT NULL,
    method TEXT NOT NULL,
    sequence_id BIGINT NOT NULL,
    first_residue INTEGER NOT NULL,
    last_residue INTEGER NOT NULL,
    part TEXT NOT NULL,
    score DOUBLE PRECISION NOT NULL,
    verdict TEXT NOT NULL,
    verdict_b TEXT,
    CONSTRAINT pk_evaluation_candidate PRIMARY KEY (run_id, protocol, method, sequence_id, first_residue, last_residue),
    CONSTRAINT ck_evaluation_candidate_protocol_known CHECK (protocol IN ('honest', 'paper')),
    CONSTRAINT ck_evaluation_candidate_span_in_order CHECK (first_residue >= 1 AND last_residue >= first_residue),
    CONSTRAINT fk_evaluation_candidate_run_id_run FOREIGN KEY(run_id) REFERENCES nesannot.run (id) ON DELETE CASCADE,
    CONSTRAINT fk_evaluation_candidate_sequence_id_sequence FOREIGN KEY(sequence_id) REFERENCES nesannot.sequence (id)
);
COMMENT ON TABLE nesannot.evaluation_candidate IS 'A candidate that a method left after overlap resolution, with its score and what it is';
COMMENT ON COLUMN nesannot.evaluation_candidate.run_id IS 'Evaluation: the run that made it';
COMMENT ON COLUMN nesannot.evaluation_candidate.protocol IS 'honest (families held out) or paper (the published protocol, which contains its training data)';
COMMENT ON COLUMN nesannot.evaluation_candidate.method IS 'Scoring method, combination or baseline';
COMMENT ON COLUMN nesannot.evaluation_candidate.sequence_id IS 'The sequence';
COMMENT ON COLUMN nesannot.evaluation_candidate.first_residue IS 'First residue, 1-based';
COMMENT ON COLUMN nesannot.evaluation_candidate.last_residue IS 'Last residue, inclusive';
COMMENT ON COLUMN nesannot.evaluation_candidate.part IS 'Fold that the protein was held out with; in the paper''s protocol training, validation or test';
COMMENT ON COLUMN nesannot.evaluation_candidate.score IS 'Calibrated probability by heads that had not seen the family; raw for baselines and the paper';
COMMENT ON COLUMN nesannot.evaluation_candidate.verdict IS 'hit, error or unknown on truth A, or by the paper''s rule';
COMMENT ON COLUMN nesannot.evaluation_candidate.verdict_b IS 'The same on truth B; NULL where truth B says nothing';

CREATE VIEW nes.evaluation AS
SELECT f.run_id,
       r.started_at AS evaluated_at,
       r.settings ->> 'language_model' AS language_model,
       f.protocol,
       f.population,
       f.method,
       f.condition,
       f.figure,
       f.value,
       f.low,
       f.high,
       NOT EXISTS (SELECT FROM nesannot.evaluation_figure n WHERE n.run_id > f.run_id) AS is_latest
  FROM nesannot.evaluation_figure f
  JOIN nesannot.run r ON r.id = f.run_id;
COMMENT ON VIEW nes.evaluation IS 'Figures of merit of methods, combinations and baselines: one row for each figure; see nes.evaluation_candidate for what they are made of';
COMMENT ON COLUMN nes.evaluation.run_id IS 'Evaluation: the run that made it, see nes.run_progress';
COMMENT ON COLUMN nes.evaluation.evaluated_at IS 'When that run began';
COMMENT ON COLUMN nes.evaluation.language_model IS 'Language model whose embeddings were used';
COMMENT ON COLUMN nes.evaluation.protocol IS 'honest (families held out) or paper (the published protocol, which contains its training data)';
COMMENT ON COLUMN nes.evaluation.population IS 'A (curated peptides), B (functional ranges), motif_free (an organism without CRM1), cargo_screen (proteins by affinity to CRM1), segments (of the paper)';
COMMENT ON COLUMN nes.evaluation.method IS 'Scoring method, combination or baseline';
COMMENT ON COLUMN nes.evaluation.condition IS 'What was changed for it, as ''without tagger''; empty for the method as it is';
COMMENT ON COLUMN nes.evaluation.figure IS 'Name of the figure, as average_precision or precision_at_0.5';
COMMENT ON COLUMN nes.evaluation.value IS 'Its value; NULL where it is not defined or not reached';
COMMENT ON COLUMN nes.evaluation.low IS 'Lower end of its 95 % bootstrap interval over proteins';
COMMENT ON COLUMN nes.evaluation.high IS 'Upper end of its 95 % bootstrap interval over proteins';
COMMENT ON COLUMN nes.evaluation.is_latest IS 'Whether no later run evaluated anything';

CREATE VIEW nes.evaluation_candidate AS
SELECT c.run_id,
       c.protocol,
       c.method,
       (SELECT min(e.accession) FROM nesannot.reference_entry e WHERE e.sequence_id = c.sequence_id) AS accession,
       c.first_residue,
       c.last_residue,
       substr(s.residues, c.first_residue, c.last_residue - c.first_residue + 1) AS peptide,
       c.part,
       c.score,
       c.verdict,
       c.verdict_b,
       s.sha256 AS sequence_sha256,
       s.length
  FROM nesannot.evaluation_candidate c
  JOIN nesannot.sequence s ON s.id = c.sequence_id;
COMMENT ON VIEW nes.evaluation_candidate IS 'Candidates as each method ranked them in an evaluation, on families that it had not seen (protocol honest)';
COMMENT ON COLUMN nes.evaluation_candidate.run_id IS 'Evaluation: the run that made it, see nes.run_progress';
COMMENT ON COLUMN nes.evaluation_candidate.protocol IS 'honest (families held out) or paper (the published protocol, which contains its training data)';
COMMENT ON COLUMN nes.evaluation_candidate.method IS 'Scoring method, combination or baseline';
COMMENT ON COLUMN nes.evaluation_candidate.accession IS 'Accession that a reference with this sequence gives; NULL if none has it any more';
COMMENT ON COLUMN nes.evaluation_candidate.first_residue IS 'First residue of the candidate, 1-based';
COMMENT ON COLUMN nes.evaluation_candidate.last_residue IS 'Last residue of the candidate, inclusive';
COMMENT ON COLUMN nes.evaluation_candidate.peptide IS 'Residues of the candidate';
COMMENT ON COLUMN nes.evaluation_candidate.part IS 'Fold that the protein was held out with; in the paper''s protocol training, validation or test';
COMMENT ON COLUMN nes.evaluation_candidate.score IS 'Calibrated probability by heads that had not seen the family; raw for baselines and the paper';
COMMENT ON COLUMN nes.evaluation_candidate.verdict IS 'hit, error or unknown on truth A, or by the paper''s rule';
COMMENT ON COLUMN nes.evaluation_candidate.verdict_b IS 'The same on truth B; NULL where truth B says nothing';
COMMENT ON COLUMN nes.evaluation_candidate.sequence_sha256 IS 'SHA-256 of the residues of the protein';
COMMENT ON COLUMN nes.evaluation_candidate.length IS 'Length of the protein in residues';
