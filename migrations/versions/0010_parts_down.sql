-- Scores as they were stored: without their parts.
COMMENT ON COLUMN nes.candidate_score.evidence IS 'What the score rests on: pattern and core, nearest references, contributions';
DROP FUNCTION nesannot.logistic(double precision);
ALTER TABLE nesannot.segment DROP COLUMN competition;
ALTER TABLE nesannot.segment DROP COLUMN first_stage;
ALTER TABLE nesannot.scored_sequence DROP COLUMN cargo_log_odds;
ALTER TABLE nesannot.configuration DROP COLUMN selector_digest;
