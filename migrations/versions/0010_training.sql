-- How each scored sequence is related to the sequences that the methods were trained on.
ALTER TABLE nesannot.scored_sequence
    ADD COLUMN training text,
    ADD COLUMN training_accession text,
    ADD COLUMN training_share real,
    ADD CONSTRAINT ck_scored_sequence_training_known CHECK (training IN ('none', 'related', 'same'));
COMMENT ON COLUMN nesannot.scored_sequence.training IS 'none (no relative over about 50 % identity), related or same: how the sequence is related to the training set; NULL before schema 0010';
COMMENT ON COLUMN nesannot.scored_sequence.training_accession IS 'Training protein that shares most words of five residues with the sequence; NULL for none';
COMMENT ON COLUMN nesannot.scored_sequence.training_share IS 'Share of the words of the shorter of both that they have in common, 0 to 1; NULL for none';
