-- The ledger as it was before it knew relatives of the training set.
ALTER TABLE nesannot.scored_sequence DROP COLUMN training, DROP COLUMN training_accession, DROP COLUMN training_share;
