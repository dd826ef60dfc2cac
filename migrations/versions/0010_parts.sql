-- The parts that every combined score follows from, and the selector that two configurations may share.
ALTER TABLE nesannot.configuration ADD COLUMN selector_digest TEXT;
COMMENT ON COLUMN nesannot.configuration.selector_digest IS 'SHA-256 over all that decides which candidates are stored and how they compete; NULL before schema 0010';
ALTER TABLE nesannot.scored_sequence ADD COLUMN cargo_log_odds DOUBLE PRECISION;
COMMENT ON COLUMN nesannot.scored_sequence.cargo_log_odds IS 'Log-odds that the protein is a cargo where one in ten is; NULL without a candidate and before schema 0010';
ALTER TABLE nesannot.segment ADD COLUMN first_stage DOUBLE PRECISION;
ALTER TABLE nesannot.segment ADD COLUMN competition DOUBLE PRECISION;
COMMENT ON COLUMN nesannot.segment.first_stage IS 'Log-odds by all methods before competing candidates are looked at; NULL before schema 0010';
COMMENT ON COLUMN nesannot.segment.competition IS 'What competing candidates of the protein take from first_stage; NULL before schema 0010';

CREATE FUNCTION nesannot.logistic(log_odds double precision) RETURNS double precision
LANGUAGE sql IMMUTABLE PARALLEL SAFE
RETURN CASE WHEN log_odds < 0 THEN exp(greatest(log_odds, -80)) / (1 + exp(greatest(log_odds, -80)))
            ELSE 1 / (1 + exp(greatest(-log_odds, -80))) END;
COMMENT ON FUNCTION nesannot.logistic(double precision) IS 'Probability of log-odds, at least 1e-35. A candidate is a motif with probability logistic(raw of combined) * logistic(cargo_log_odds + shift)';

COMMENT ON COLUMN nes.candidate_score.evidence IS 'What the score rests on: pattern and core, nearest references, contributions; of the combination what each method adds, the probability alone in a cargo, and what competing candidates add';
