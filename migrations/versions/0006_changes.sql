-- Changes between releases, and accessions that are no longer primary ones.
CREATE TABLE nesannot.change (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    kind TEXT NOT NULL,
    proteome_id BIGINT,
    release_id BIGINT,
    accession TEXT,
    successors TEXT[] NOT NULL,
    old_sequence_id BIGINT,
    new_sequence_id BIGINT,
    old_configuration_id INTEGER,
    new_configuration_id INTEGER,
    basis TEXT NOT NULL,
    facts JSONB NOT NULL,
    run_id BIGINT NOT NULL,
    recorded_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_change PRIMARY KEY (id),
    CONSTRAINT ck_change_kind_known CHECK (kind IN ('new_sequence_version', 'merged', 'demerged', 'deleted', 'new', 'moved', 'metadata', 'isoform_switch', 'motif_curation', 'pipeline')),
    CONSTRAINT ck_change_basis_known CHECK (basis IN ('secondary_accession', 'inactive_entry', 'same_sequence', 'comparison', 'references', 'configuration')),
    CONSTRAINT ck_change_pipeline_has_configuration CHECK ((kind = 'pipeline') = (new_configuration_id IS NOT NULL)),
    CONSTRAINT ck_change_all_but_pipeline_have_accession CHECK ((kind = 'pipeline') = (accession IS NULL)),
    CONSTRAINT ck_change_all_but_curation_have_release CHECK ((kind = 'motif_curation') = (release_id IS NULL)),
    CONSTRAINT fk_change_proteome_id_proteome FOREIGN KEY(proteome_id) REFERENCES nesannot.proteome (id),
    CONSTRAINT fk_change_release_id_release FOREIGN KEY(release_id) REFERENCES nesannot.release (id) ON DELETE CASCADE,
    CONSTRAINT fk_change_old_sequence_id_sequence FOREIGN KEY(old_sequence_id) REFERENCES nesannot.sequence (id),
    CONSTRAINT fk_change_new_sequence_id_sequence FOREIGN KEY(new_sequence_id) REFERENCES nesannot.sequence (id),
    CONSTRAINT fk_change_old_configuration_id_configuration FOREIGN KEY(old_configuration_id) REFERENCES nesannot.configuration (id),
    CONSTRAINT fk_change_new_configuration_id_configuration FOREIGN KEY(new_configuration_id) REFERENCES nesannot.configuration (id),
    CONSTRAINT fk_change_run_id_run FOREIGN KEY(run_id) REFERENCES nesannot.run (id)
);
COMMENT ON TABLE nesannot.change IS 'What changed: proteins from one release of a proteome to the next, reference motifs, the pipeline; one row for each protein and release. Made again whenever the releases beside it change';
COMMENT ON COLUMN nesannot.change.id IS 'Surrogate key';
COMMENT ON COLUMN nesannot.change.kind IS 'new_sequence_version, merged, demerged, deleted, new, moved (TrEMBL to Swiss-Prot or back), metadata (same sequence), isoform_switch (another isoform became the canonical one), motif_curation, pipeline';
COMMENT ON COLUMN nesannot.change.proteome_id IS 'The proteome; NULL for references';
COMMENT ON COLUMN nesannot.change.release_id IS 'The release that brought it; NULL for references';
COMMENT ON COLUMN nesannot.change.accession IS 'The protein; NULL if the pipeline changed';
COMMENT ON COLUMN nesannot.change.successors IS 'Accessions that took its place (merged, demerged), that have its sequence now (deleted), or whose place it took (new)';
COMMENT ON COLUMN nesannot.change.old_sequence_id IS 'Its sequence before';
COMMENT ON COLUMN nesannot.change.new_sequence_id IS 'Its sequence since, or that of its first successor; NULL if it is gone';
COMMENT ON COLUMN nesannot.change.old_configuration_id IS 'Configuration that ranked before, if the pipeline changed';
COMMENT ON COLUMN nesannot.change.new_configuration_id IS 'Configuration that ranks since, if the pipeline changed';
COMMENT ON COLUMN nesannot.change.basis IS 'What says so: secondary_accession or inactive_entry (UniProt), same_sequence, comparison (of the two releases), references, configuration';
COMMENT ON COLUMN nesannot.change.facts IS 'Details by name: fields that differ with both values, sites added and removed, reason of a deletion';
COMMENT ON COLUMN nesannot.change.run_id IS 'Run that found it';
COMMENT ON COLUMN nesannot.change.recorded_at IS 'When it was recorded';
CREATE INDEX ix_change_accession ON nesannot.change (accession);
CREATE INDEX ix_change_release_id_kind ON nesannot.change (release_id, kind);

CREATE TABLE nesannot.former_accession (
    former TEXT NOT NULL,
    present TEXT DEFAULT '' NOT NULL,
    fate TEXT NOT NULL,
    basis TEXT NOT NULL,
    reason TEXT NOT NULL,
    run_id BIGINT NOT NULL,
    CONSTRAINT pk_former_accession PRIMARY KEY (former, present),
    CONSTRAINT ck_former_accession_fate_known CHECK (fate IN ('merged', 'demerged', 'deleted')),
    CONSTRAINT ck_former_accession_basis_known CHECK (basis IN ('secondary_accession', 'inactive_entry')),
    CONSTRAINT ck_former_accession_deleted_has_no_successor CHECK ((fate = 'deleted') = (present = '')),
    CONSTRAINT fk_former_accession_run_id_run FOREIGN KEY(run_id) REFERENCES nesannot.run (id)
);
COMMENT ON TABLE nesannot.former_accession IS 'Statements of UniProt about accessions that are no longer primary ones: where they went';
COMMENT ON COLUMN nesannot.former_accession.former IS 'The accession that is secondary or gone';
COMMENT ON COLUMN nesannot.former_accession.present IS 'Accession that took its place; empty if none did';
COMMENT ON COLUMN nesannot.former_accession.fate IS 'merged, demerged or deleted; a secondary accession is taken for merged';
COMMENT ON COLUMN nesannot.former_accession.basis IS 'secondary_accession (AC line) or inactive_entry (REST answer)';
COMMENT ON COLUMN nesannot.former_accession.reason IS 'Reason that UniProt gives; empty if none';
COMMENT ON COLUMN nesannot.former_accession.run_id IS 'Run that read it';
