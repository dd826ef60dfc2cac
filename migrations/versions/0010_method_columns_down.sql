-- Columns of single methods, filled from the column of all scores.
ALTER TABLE nesannot.ranked_segment
    ADD COLUMN consensus real, ADD COLUMN similarity real, ADD COLUMN neural real, ADD COLUMN tagger real,
    ADD COLUMN biochemical real;
UPDATE nesannot.ranked_segment
   SET consensus = CAST(scores ->> 'consensus' AS real), similarity = CAST(scores ->> 'similarity' AS real),
       neural = CAST(scores ->> 'neural' AS real), tagger = CAST(scores ->> 'tagger' AS real),
       biochemical = CAST(scores ->> 'biochemical' AS real);
COMMENT ON COLUMN nesannot.ranked_segment.consensus IS 'Calibrated score of this method, before the prior';
COMMENT ON COLUMN nesannot.ranked_segment.similarity IS 'Calibrated score of this method, before the prior';
COMMENT ON COLUMN nesannot.ranked_segment.neural IS 'Calibrated score of this method, before the prior';
COMMENT ON COLUMN nesannot.ranked_segment.tagger IS 'Calibrated score of this method, before the prior';
COMMENT ON COLUMN nesannot.ranked_segment.biochemical IS 'Calibrated score of this method, before the prior';
