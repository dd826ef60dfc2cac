-- The tables of the first version. Written once; the models in store/schema are compared with the outcome in the tests.
CREATE TABLE nesannot.language_model (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    digest TEXT NOT NULL,
    name TEXT NOT NULL,
    layer SMALLINT NOT NULL,
    dimension INTEGER NOT NULL,
    weights_sha256 TEXT NOT NULL,
    long_rule TEXT NOT NULL,
    CONSTRAINT pk_language_model PRIMARY KEY (id),
    CONSTRAINT ck_language_model_digest_is_sha256 CHECK (digest ~ '^[0-9a-f]{64}$'),
    CONSTRAINT uq_language_model_digest UNIQUE (digest)
);
COMMENT ON TABLE nesannot.language_model IS 'A protein language model, its layer, its weights and how it treats long proteins';
COMMENT ON COLUMN nesannot.language_model.id IS 'Surrogate key';
COMMENT ON COLUMN nesannot.language_model.digest IS 'SHA-256 over all that an embedding depends on';
COMMENT ON COLUMN nesannot.language_model.name IS 'Name of the model';
COMMENT ON COLUMN nesannot.language_model.layer IS 'Layer whose output is the embedding';
COMMENT ON COLUMN nesannot.language_model.dimension IS 'Numbers per residue';
COMMENT ON COLUMN nesannot.language_model.weights_sha256 IS 'SHA-256 of the file of weights';
COMMENT ON COLUMN nesannot.language_model.long_rule IS 'How proteins longer than one pass are treated';

CREATE TABLE nesannot.method_score (
    configuration_id INTEGER NOT NULL,
    sequence_id BIGINT NOT NULL,
    segment SMALLINT NOT NULL,
    method_id SMALLINT NOT NULL,
    raw REAL NOT NULL,
    calibrated REAL NOT NULL,
    evidence JSONB,
    CONSTRAINT pk_method_score PRIMARY KEY (configuration_id, sequence_id, segment, method_id),
    CONSTRAINT ck_method_score_calibrated_is_probability CHECK (calibrated BETWEEN 0 AND 1)
)
 PARTITION BY LIST (configuration_id);
COMMENT ON TABLE nesannot.method_score IS 'Score of a segment by one method; its run stands in scored_sequence';
COMMENT ON COLUMN nesannot.method_score.configuration_id IS 'The configuration';
COMMENT ON COLUMN nesannot.method_score.sequence_id IS 'The sequence';
COMMENT ON COLUMN nesannot.method_score.segment IS 'Number within the sequence, from 1';
COMMENT ON COLUMN nesannot.method_score.method_id IS 'The method';
COMMENT ON COLUMN nesannot.method_score.raw IS 'On the method''s own scale; higher is more motif-like';
COMMENT ON COLUMN nesannot.method_score.calibrated IS 'Probability that the segment holds a motif';
COMMENT ON COLUMN nesannot.method_score.evidence IS 'What the score rests on; NULL if nothing is to say';

CREATE TABLE nesannot.motif (
    key TEXT NOT NULL,
    name TEXT NOT NULL,
    ontology_term TEXT,
    CONSTRAINT pk_motif PRIMARY KEY (key)
);
COMMENT ON TABLE nesannot.motif IS 'A kind of short functional motif that this database annotates; NES is the first';
COMMENT ON COLUMN nesannot.motif.key IS 'Short name, e.g. NES';
COMMENT ON COLUMN nesannot.motif.name IS 'Name in words';
COMMENT ON COLUMN nesannot.motif.ontology_term IS 'Term of the Sequence Ontology, e.g. SO:0001531';

CREATE TABLE nesannot.protein (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    accession TEXT NOT NULL,
    CONSTRAINT pk_protein PRIMARY KEY (id),
    CONSTRAINT uq_protein_accession UNIQUE (accession)
);
COMMENT ON TABLE nesannot.protein IS 'A protein, known by its accession; everything said about it stands in membership';
COMMENT ON COLUMN nesannot.protein.id IS 'Surrogate key';
COMMENT ON COLUMN nesannot.protein.accession IS 'Accession, for an isoform with its number (P12345-2)';

CREATE TABLE nesannot.proteome (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    name TEXT NOT NULL,
    title TEXT,
    taxon_id INTEGER,
    CONSTRAINT pk_proteome PRIMARY KEY (id),
    CONSTRAINT uq_proteome_name UNIQUE (name)
);
COMMENT ON TABLE nesannot.proteome IS 'A set of proteins that is released together, e.g. a UniProt proteome';
COMMENT ON COLUMN nesannot.proteome.id IS 'Surrogate key';
COMMENT ON COLUMN nesannot.proteome.name IS 'UPID (UP000002311), or the user''s own name';
COMMENT ON COLUMN nesannot.proteome.title IS 'Name in words, usually the organism';
COMMENT ON COLUMN nesannot.proteome.taxon_id IS 'NCBI taxonomy identifier';

CREATE TABLE nesannot.run (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    kind TEXT NOT NULL,
    settings_digest TEXT NOT NULL,
    settings JSONB NOT NULL,
    software JSONB NOT NULL,
    git TEXT NOT NULL,
    device TEXT NOT NULL,
    counts JSONB NOT NULL,
    status TEXT NOT NULL,
    error TEXT NOT NULL,
    started_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    updated_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    finished_at TIMESTAMP WITH TIME ZONE,
    CONSTRAINT pk_run PRIMARY KEY (id),
    CONSTRAINT ck_run_status_known CHECK (status IN ('running', 'done', 'failed', 'stopped'))
);
COMMENT ON TABLE nesannot.run IS 'An execution of a command that writes: with what, on what, and how it ended';
COMMENT ON COLUMN nesannot.run.id IS 'Number of the run';
COMMENT ON COLUMN nesannot.run.kind IS 'What it does: ingest, train, score, rank, ...';
COMMENT ON COLUMN nesannot.run.settings_digest IS 'SHA-256 of the settings';
COMMENT ON COLUMN nesannot.run.settings IS 'Settings and arguments, without secrets';
COMMENT ON COLUMN nesannot.run.software IS 'Versions of this package and of those that numbers depend on';
COMMENT ON COLUMN nesannot.run.git IS 'Commit of the checkout it ran from; empty for an installed package';
COMMENT ON COLUMN nesannot.run.device IS 'Device that computed; empty if none did';
COMMENT ON COLUMN nesannot.run.counts IS 'What was done so far, by name';
COMMENT ON COLUMN nesannot.run.status IS 'running, done, failed or stopped';
COMMENT ON COLUMN nesannot.run.error IS 'Why it failed; empty if it did not';
COMMENT ON COLUMN nesannot.run.started_at IS 'Start, by the database''s clock';
COMMENT ON COLUMN nesannot.run.updated_at IS 'Last sign of life, by the database''s clock';
COMMENT ON COLUMN nesannot.run.finished_at IS 'End, by the database''s clock; NULL while it runs';

CREATE TABLE nesannot.segmentation (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    digest TEXT NOT NULL,
    algorithm TEXT NOT NULL,
    version SMALLINT NOT NULL,
    parameters JSONB NOT NULL,
    CONSTRAINT pk_segmentation PRIMARY KEY (id),
    CONSTRAINT ck_segmentation_digest_is_sha256 CHECK (digest ~ '^[0-9a-f]{64}$'),
    CONSTRAINT uq_segmentation_digest UNIQUE (digest)
);
COMMENT ON TABLE nesannot.segmentation IS 'An algorithm that cuts sequences into candidate segments, with its parameters';
COMMENT ON COLUMN nesannot.segmentation.id IS 'Surrogate key';
COMMENT ON COLUMN nesannot.segmentation.digest IS 'SHA-256 over algorithm, version and parameters';
COMMENT ON COLUMN nesannot.segmentation.algorithm IS 'Name of the algorithm';
COMMENT ON COLUMN nesannot.segmentation.version IS 'Version of the algorithm';
COMMENT ON COLUMN nesannot.segmentation.parameters IS 'Parameters by name';

CREATE TABLE nesannot.sequence (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    sha256 TEXT NOT NULL,
    md5 TEXT NOT NULL,
    length INTEGER NOT NULL,
    residues TEXT NOT NULL,
    CONSTRAINT pk_sequence PRIMARY KEY (id),
    CONSTRAINT ck_sequence_sha256_is_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT ck_sequence_length_counts_residues CHECK (length = char_length(residues)),
    CONSTRAINT uq_sequence_sha256 UNIQUE (sha256)
);
COMMENT ON TABLE nesannot.sequence IS 'A distinct amino acid sequence, identified by its residues; accessions only point here';
COMMENT ON COLUMN nesannot.sequence.id IS 'Surrogate key; differs between databases, unlike sha256';
COMMENT ON COLUMN nesannot.sequence.sha256 IS 'SHA-256 of the cleaned residues: the identity of a sequence';
COMMENT ON COLUMN nesannot.sequence.md5 IS 'MD5 of the cleaned residues: the checksum that UniProt publishes';
COMMENT ON COLUMN nesannot.sequence.length IS 'Number of residues';
COMMENT ON COLUMN nesannot.sequence.residues IS 'Cleaned residues: upper case, no white space, no trailing *';

CREATE TABLE nesannot.annotation (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    protein_id BIGINT NOT NULL,
    kind TEXT NOT NULL,
    identifier TEXT NOT NULL,
    text TEXT NOT NULL,
    first_residue INTEGER,
    last_residue INTEGER,
    evidence TEXT[] NOT NULL,
    run_id BIGINT NOT NULL,
    CONSTRAINT pk_annotation PRIMARY KEY (id),
    CONSTRAINT ck_annotation_kind_known CHECK (kind IN ('location', 'keyword', 'go', 'feature')),
    CONSTRAINT ck_annotation_span_in_order CHECK (first_residue >= 1 AND last_residue >= first_residue),
    CONSTRAINT ck_annotation_span_whole CHECK ((first_residue IS NULL) = (last_residue IS NULL)),
    CONSTRAINT fk_annotation_protein_id_protein FOREIGN KEY(protein_id) REFERENCES nesannot.protein (id),
    CONSTRAINT fk_annotation_run_id_run FOREIGN KEY(run_id) REFERENCES nesannot.run (id)
);
CREATE INDEX ix_annotation_kind_identifier ON nesannot.annotation (kind, identifier);
CREATE INDEX ix_annotation_protein_id ON nesannot.annotation (protein_id);
COMMENT ON TABLE nesannot.annotation IS 'UniProt''s statements about a protein: locations, keywords, GO terms, features with their spans';
COMMENT ON COLUMN nesannot.annotation.id IS 'Surrogate key';
COMMENT ON COLUMN nesannot.annotation.protein_id IS 'The protein';
COMMENT ON COLUMN nesannot.annotation.kind IS 'Part of the UniProt entry: location, keyword, go or feature';
COMMENT ON COLUMN nesannot.annotation.identifier IS 'SL-0191, KW-0539, GO:0005634; for a feature its key, e.g. MOTIF';
COMMENT ON COLUMN nesannot.annotation.text IS 'Name of the term, or note of the feature';
COMMENT ON COLUMN nesannot.annotation.first_residue IS 'First residue of a feature, 1-based';
COMMENT ON COLUMN nesannot.annotation.last_residue IS 'Last residue of a feature, inclusive';
COMMENT ON COLUMN nesannot.annotation.evidence IS 'ECO codes, each with its source where one is given';
COMMENT ON COLUMN nesannot.annotation.run_id IS 'Run that ingested it';

CREATE TABLE nesannot.configuration (
    id INTEGER GENERATED ALWAYS AS IDENTITY,
    digest TEXT NOT NULL,
    motif TEXT NOT NULL,
    language_model_id BIGINT NOT NULL,
    segmentation_id BIGINT NOT NULL,
    head_set_digest TEXT NOT NULL,
    created_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_configuration PRIMARY KEY (id),
    CONSTRAINT ck_configuration_digest_is_sha256 CHECK (digest ~ '^[0-9a-f]{64}$'),
    CONSTRAINT uq_configuration_digest UNIQUE (digest),
    CONSTRAINT fk_configuration_motif_motif FOREIGN KEY(motif) REFERENCES nesannot.motif (key),
    CONSTRAINT fk_configuration_language_model_id_language_model FOREIGN KEY(language_model_id) REFERENCES nesannot.language_model (id),
    CONSTRAINT fk_configuration_segmentation_id_segmentation FOREIGN KEY(segmentation_id) REFERENCES nesannot.segmentation (id)
);
COMMENT ON TABLE nesannot.configuration IS 'Language model x segmentation x methods x head set: all that a score depends on but the sequence';
COMMENT ON COLUMN nesannot.configuration.id IS 'Surrogate key; names the partitions segment_c<id>, ...';
COMMENT ON COLUMN nesannot.configuration.digest IS 'SHA-256 over the digests of its parts';
COMMENT ON COLUMN nesannot.configuration.motif IS 'Which motif is scored';
COMMENT ON COLUMN nesannot.configuration.language_model_id IS 'Its language model';
COMMENT ON COLUMN nesannot.configuration.segmentation_id IS 'Its segmentation';
COMMENT ON COLUMN nesannot.configuration.head_set_digest IS 'Digest of its head set; empty if it has none';
COMMENT ON COLUMN nesannot.configuration.created_at IS 'When it was first used';

CREATE TABLE nesannot.head_set (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    digest TEXT NOT NULL,
    motif TEXT NOT NULL,
    name TEXT NOT NULL,
    language_model_id BIGINT NOT NULL,
    references_digest TEXT NOT NULL,
    payload BYTEA NOT NULL,
    run_id BIGINT NOT NULL,
    saved_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_head_set PRIMARY KEY (id),
    CONSTRAINT ck_head_set_digest_is_sha256 CHECK (digest ~ '^[0-9a-f]{64}$'),
    CONSTRAINT uq_head_set_digest UNIQUE (digest),
    CONSTRAINT fk_head_set_motif_motif FOREIGN KEY(motif) REFERENCES nesannot.motif (key),
    CONSTRAINT fk_head_set_language_model_id_language_model FOREIGN KEY(language_model_id) REFERENCES nesannot.language_model (id),
    CONSTRAINT fk_head_set_run_id_run FOREIGN KEY(run_id) REFERENCES nesannot.run (id)
);
COMMENT ON TABLE nesannot.head_set IS 'Trained heads, calibrations, operating points and reference vectors for one language model';
COMMENT ON COLUMN nesannot.head_set.id IS 'Surrogate key; the newest one of a language model is in use';
COMMENT ON COLUMN nesannot.head_set.digest IS 'SHA-256 of the payload';
COMMENT ON COLUMN nesannot.head_set.motif IS 'Which motif it detects';
COMMENT ON COLUMN nesannot.head_set.name IS 'Name for people';
COMMENT ON COLUMN nesannot.head_set.language_model_id IS 'Whose embeddings it reads';
COMMENT ON COLUMN nesannot.head_set.references_digest IS 'SHA-256 of the references that it was fitted on';
COMMENT ON COLUMN nesannot.head_set.payload IS 'safetensors with JSON metadata; no pickle, no sequences';
COMMENT ON COLUMN nesannot.head_set.run_id IS 'Run that trained or loaded it';
COMMENT ON COLUMN nesannot.head_set.saved_at IS 'When it was saved';

CREATE TABLE nesannot.membership (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    proteome_id BIGINT NOT NULL,
    protein_id BIGINT NOT NULL,
    sequence_id BIGINT NOT NULL,
    valid_from DATE NOT NULL,
    valid_to DATE,
    isoform SMALLINT,
    entry_name TEXT,
    reviewed BOOLEAN,
    protein_name TEXT,
    organism TEXT,
    taxon_id INTEGER,
    gene TEXT,
    existence SMALLINT,
    sequence_version INTEGER,
    fragment BOOLEAN NOT NULL,
    header TEXT NOT NULL,
    CONSTRAINT pk_membership PRIMARY KEY (id),
    CONSTRAINT uq_membership_proteome_id_protein_id_valid_from UNIQUE (proteome_id, protein_id, valid_from),
    CONSTRAINT ck_membership_interval_in_order CHECK (valid_to > valid_from),
    CONSTRAINT fk_membership_proteome_id_proteome FOREIGN KEY(proteome_id) REFERENCES nesannot.proteome (id),
    CONSTRAINT fk_membership_protein_id_protein FOREIGN KEY(protein_id) REFERENCES nesannot.protein (id),
    CONSTRAINT fk_membership_sequence_id_sequence FOREIGN KEY(sequence_id) REFERENCES nesannot.sequence (id)
);
CREATE INDEX ix_membership_protein_id ON nesannot.membership (protein_id);
CREATE INDEX ix_membership_proteome_id_sequence_id ON nesannot.membership (proteome_id, sequence_id);
CREATE INDEX ix_membership_sequence_id ON nesannot.membership (sequence_id);
COMMENT ON TABLE nesannot.membership IS 'Sequence and header of a protein within a proteome, valid in all releases from valid_from to valid_to';
COMMENT ON COLUMN nesannot.membership.id IS 'Surrogate key';
COMMENT ON COLUMN nesannot.membership.proteome_id IS 'The proteome that says so';
COMMENT ON COLUMN nesannot.membership.protein_id IS 'The protein';
COMMENT ON COLUMN nesannot.membership.sequence_id IS 'Its sequence';
COMMENT ON COLUMN nesannot.membership.valid_from IS 'release.effective of the first release that says so';
COMMENT ON COLUMN nesannot.membership.valid_to IS 'release.effective of the first later release that no longer says so; NULL if the newest still does';
COMMENT ON COLUMN nesannot.membership.isoform IS 'Number of the isoform; NULL for the canonical one';
COMMENT ON COLUMN nesannot.membership.entry_name IS 'UniProt entry name (CET1_YEAST); not a stable key';
COMMENT ON COLUMN nesannot.membership.reviewed IS 'Whether it comes from Swiss-Prot';
COMMENT ON COLUMN nesannot.membership.protein_name IS 'Recommended name of the protein';
COMMENT ON COLUMN nesannot.membership.organism IS 'Organism as the header names it';
COMMENT ON COLUMN nesannot.membership.taxon_id IS 'NCBI taxonomy identifier';
COMMENT ON COLUMN nesannot.membership.gene IS 'Gene name';
COMMENT ON COLUMN nesannot.membership.existence IS 'UniProt''s protein existence level, 1 to 5';
COMMENT ON COLUMN nesannot.membership.sequence_version IS 'UniProt''s sequence version; isoforms have none';
COMMENT ON COLUMN nesannot.membership.fragment IS 'Whether the sequence is a fragment';
COMMENT ON COLUMN nesannot.membership.header IS 'Raw header without >; empty if the source had none';

CREATE TABLE nesannot.method (
    id SMALLINT GENERATED ALWAYS AS IDENTITY,
    motif TEXT NOT NULL,
    digest TEXT NOT NULL,
    name TEXT NOT NULL,
    version SMALLINT NOT NULL,
    parameters JSONB NOT NULL,
    training_digest TEXT NOT NULL,
    CONSTRAINT pk_method PRIMARY KEY (id),
    CONSTRAINT uq_method_motif_digest UNIQUE (motif, digest),
    CONSTRAINT ck_method_digest_is_sha256 CHECK (digest ~ '^[0-9a-f]{64}$'),
    CONSTRAINT fk_method_motif_motif FOREIGN KEY(motif) REFERENCES nesannot.motif (key)
);
COMMENT ON TABLE nesannot.method IS 'A method that scores segments, with its parameters and what it was trained on';
COMMENT ON COLUMN nesannot.method.id IS 'Surrogate key';
COMMENT ON COLUMN nesannot.method.motif IS 'Which motif it scores';
COMMENT ON COLUMN nesannot.method.digest IS 'SHA-256 over name, version, parameters and training set';
COMMENT ON COLUMN nesannot.method.name IS 'consensus, similarity, neural, biochemical, combined, ...';
COMMENT ON COLUMN nesannot.method.version IS 'Version of the method';
COMMENT ON COLUMN nesannot.method.parameters IS 'Parameters by name';
COMMENT ON COLUMN nesannot.method.training_digest IS 'SHA-256 of what it was trained on; empty if untrained';

CREATE TABLE nesannot.reference_entry (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    motif TEXT NOT NULL,
    source TEXT NOT NULL,
    entry_id TEXT NOT NULL,
    accession TEXT NOT NULL,
    sequence_id BIGINT NOT NULL,
    sequence_version INTEGER,
    protein_name TEXT,
    gene TEXT,
    organism TEXT,
    doubtful BOOLEAN NOT NULL,
    evidence TEXT[] NOT NULL,
    citations TEXT[] NOT NULL,
    run_id BIGINT NOT NULL,
    CONSTRAINT pk_reference_entry PRIMARY KEY (id),
    CONSTRAINT uq_reference_entry_motif_source_entry_id UNIQUE (motif, source, entry_id),
    CONSTRAINT fk_reference_entry_motif_motif FOREIGN KEY(motif) REFERENCES nesannot.motif (key),
    CONSTRAINT fk_reference_entry_sequence_id_sequence FOREIGN KEY(sequence_id) REFERENCES nesannot.sequence (id),
    CONSTRAINT fk_reference_entry_run_id_run FOREIGN KEY(run_id) REFERENCES nesannot.run (id)
);
CREATE INDEX ix_reference_entry_sequence_id ON nesannot.reference_entry (sequence_id);
COMMENT ON TABLE nesannot.reference_entry IS 'A protein whose motif was studied by experiment, as one source (NESdb, UniProt, ...) states it';
COMMENT ON COLUMN nesannot.reference_entry.id IS 'Surrogate key';
COMMENT ON COLUMN nesannot.reference_entry.motif IS 'Which motif was studied';
COMMENT ON COLUMN nesannot.reference_entry.source IS 'nesdb, uniprot, bundled, or user:NAME';
COMMENT ON COLUMN nesannot.reference_entry.entry_id IS 'Identifier of the entry within its source';
COMMENT ON COLUMN nesannot.reference_entry.accession IS 'Accession that the source gives';
COMMENT ON COLUMN nesannot.reference_entry.sequence_id IS 'Sequence that the spans count on';
COMMENT ON COLUMN nesannot.reference_entry.sequence_version IS 'UniProt sequence version that the source gives';
COMMENT ON COLUMN nesannot.reference_entry.protein_name IS 'Name of the protein';
COMMENT ON COLUMN nesannot.reference_entry.gene IS 'Gene name';
COMMENT ON COLUMN nesannot.reference_entry.organism IS 'Organism';
COMMENT ON COLUMN nesannot.reference_entry.doubtful IS 'Whether the source itself doubts the entry';
COMMENT ON COLUMN nesannot.reference_entry.evidence IS 'The source''s evidence statement, split into terms';
COMMENT ON COLUMN nesannot.reference_entry.citations IS 'PMID:..., doi:... or free text';
COMMENT ON COLUMN nesannot.reference_entry.run_id IS 'Run that wrote this state of the entry';

CREATE TABLE nesannot.release (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    proteome_id BIGINT NOT NULL,
    name TEXT NOT NULL,
    released DATE,
    effective DATE NOT NULL,
    proteins INTEGER NOT NULL,
    content_digest TEXT NOT NULL,
    run_id BIGINT NOT NULL,
    ingested_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_release PRIMARY KEY (id),
    CONSTRAINT uq_release_proteome_id_name UNIQUE (proteome_id, name),
    CONSTRAINT uq_release_proteome_id_effective UNIQUE (proteome_id, effective),
    CONSTRAINT ck_release_content_digest_is_sha256 CHECK (content_digest ~ '^[0-9a-f]{64}$'),
    CONSTRAINT fk_release_proteome_id_proteome FOREIGN KEY(proteome_id) REFERENCES nesannot.proteome (id),
    CONSTRAINT fk_release_run_id_run FOREIGN KEY(run_id) REFERENCES nesannot.run (id)
);
COMMENT ON TABLE nesannot.release IS 'A release of a proteome; releases are ordered by date, never by the order of ingestion';
COMMENT ON COLUMN nesannot.release.id IS 'Surrogate key';
COMMENT ON COLUMN nesannot.release.proteome_id IS 'The proteome released';
COMMENT ON COLUMN nesannot.release.name IS 'Name within the proteome, e.g. 2026_01';
COMMENT ON COLUMN nesannot.release.released IS 'Date of release; NULL if it is not known';
COMMENT ON COLUMN nesannot.release.effective IS 'Date that orders releases: released; for an undated one 0001-01-01 or the day after the newest before it';
COMMENT ON COLUMN nesannot.release.proteins IS 'Number of proteins';
COMMENT ON COLUMN nesannot.release.content_digest IS 'SHA-256 over the digests of all records by accession: equal content, in whatever order, has an equal digest';
COMMENT ON COLUMN nesannot.release.run_id IS 'Run that ingested it';
COMMENT ON COLUMN nesannot.release.ingested_at IS 'When the ingest finished';

CREATE TABLE nesannot.segment (
    configuration_id INTEGER NOT NULL,
    sequence_id BIGINT NOT NULL,
    segment SMALLINT NOT NULL,
    first_residue INTEGER NOT NULL,
    last_residue INTEGER NOT NULL,
    pooled BYTEA NOT NULL,
    CONSTRAINT pk_segment PRIMARY KEY (configuration_id, sequence_id, segment),
    CONSTRAINT ck_segment_span_in_order CHECK (first_residue >= 1 AND last_residue >= first_residue),
    CONSTRAINT fk_segment_sequence_id_sequence FOREIGN KEY(sequence_id) REFERENCES nesannot.sequence (id)
)
 PARTITION BY LIST (configuration_id);
COMMENT ON TABLE nesannot.segment IS 'A candidate segment of a sequence, with its pooled embedding';
COMMENT ON COLUMN nesannot.segment.configuration_id IS 'The configuration';
COMMENT ON COLUMN nesannot.segment.sequence_id IS 'The sequence';
COMMENT ON COLUMN nesannot.segment.segment IS 'Number within the sequence, from 1';
COMMENT ON COLUMN nesannot.segment.first_residue IS 'First residue, 1-based';
COMMENT ON COLUMN nesannot.segment.last_residue IS 'Last residue, inclusive';
COMMENT ON COLUMN nesannot.segment.pooled IS 'Mean embedding over the segment, float16 little-endian';

CREATE TABLE nesannot.configuration_method (
    configuration_id INTEGER NOT NULL,
    method_id SMALLINT NOT NULL,
    name TEXT NOT NULL,
    CONSTRAINT pk_configuration_method PRIMARY KEY (configuration_id, method_id),
    CONSTRAINT uq_configuration_method_configuration_id_name UNIQUE (configuration_id, name),
    CONSTRAINT fk_configuration_method_configuration_id_configuration FOREIGN KEY(configuration_id) REFERENCES nesannot.configuration (id) ON DELETE CASCADE,
    CONSTRAINT fk_configuration_method_method_id_method FOREIGN KEY(method_id) REFERENCES nesannot.method (id)
);
COMMENT ON TABLE nesannot.configuration_method IS 'The methods of a configuration; of each name it has one';
COMMENT ON COLUMN nesannot.configuration_method.configuration_id IS 'The configuration';
COMMENT ON COLUMN nesannot.configuration_method.method_id IS 'The method';
COMMENT ON COLUMN nesannot.configuration_method.name IS 'Name of the method';

CREATE TABLE nesannot.ranking (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    motif TEXT NOT NULL,
    proteome_id BIGINT NOT NULL,
    release_id BIGINT NOT NULL,
    configuration_id INTEGER NOT NULL,
    run_id BIGINT NOT NULL,
    logit_shift DOUBLE PRECISION NOT NULL,
    minimum_probability DOUBLE PRECISION,
    candidates INTEGER NOT NULL,
    is_current BOOLEAN NOT NULL,
    ranked_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_ranking PRIMARY KEY (id),
    CONSTRAINT uq_ranking_proteome_id_release_id_configuration_id UNIQUE (proteome_id, release_id, configuration_id),
    CONSTRAINT fk_ranking_motif_motif FOREIGN KEY(motif) REFERENCES nesannot.motif (key),
    CONSTRAINT fk_ranking_proteome_id_proteome FOREIGN KEY(proteome_id) REFERENCES nesannot.proteome (id),
    CONSTRAINT fk_ranking_release_id_release FOREIGN KEY(release_id) REFERENCES nesannot.release (id) ON DELETE CASCADE,
    CONSTRAINT fk_ranking_configuration_id_configuration FOREIGN KEY(configuration_id) REFERENCES nesannot.configuration (id),
    CONSTRAINT fk_ranking_run_id_run FOREIGN KEY(run_id) REFERENCES nesannot.run (id)
);
COMMENT ON TABLE nesannot.ranking IS 'A ranking of a release under a configuration; rebuilt and swapped in one transaction';
COMMENT ON COLUMN nesannot.ranking.id IS 'Surrogate key';
COMMENT ON COLUMN nesannot.ranking.motif IS 'Which motif is ranked';
COMMENT ON COLUMN nesannot.ranking.proteome_id IS 'The proteome';
COMMENT ON COLUMN nesannot.ranking.release_id IS 'Its release';
COMMENT ON COLUMN nesannot.ranking.configuration_id IS 'The configuration';
COMMENT ON COLUMN nesannot.ranking.run_id IS 'Run that ranked';
COMMENT ON COLUMN nesannot.ranking.logit_shift IS 'Added to the logit of each calibrated score: the prior of the ranked population';
COMMENT ON COLUMN nesannot.ranking.minimum_probability IS 'Candidates below it are not listed; NULL if all are';
COMMENT ON COLUMN nesannot.ranking.candidates IS 'Number of ranked candidates';
COMMENT ON COLUMN nesannot.ranking.is_current IS 'Whether nes.candidate shows it: the newest release''s latest ranking';
COMMENT ON COLUMN nesannot.ranking.ranked_at IS 'When it was made';

CREATE TABLE nesannot.reference_motif (
    id BIGINT GENERATED ALWAYS AS IDENTITY,
    reference_entry_id BIGINT NOT NULL,
    position SMALLINT NOT NULL,
    kind TEXT NOT NULL,
    sign TEXT NOT NULL,
    first_residue INTEGER NOT NULL,
    last_residue INTEGER NOT NULL,
    note TEXT NOT NULL,
    CONSTRAINT pk_reference_motif PRIMARY KEY (id),
    CONSTRAINT ck_reference_motif_kind_known CHECK (kind IN ('functional_signal', 'peptide', 'export_mutation', 'binding_mutation')),
    CONSTRAINT ck_reference_motif_sign_known CHECK (sign IN ('motif', 'non_motif', 'doubtful')),
    CONSTRAINT ck_reference_motif_span_in_order CHECK (first_residue >= 1 AND last_residue >= first_residue),
    CONSTRAINT uq_reference_motif_reference_entry_id_position UNIQUE (reference_entry_id, position),
    CONSTRAINT fk_reference_motif_reference_entry_id_reference_entry FOREIGN KEY(reference_entry_id) REFERENCES nesannot.reference_entry (id) ON DELETE CASCADE
);
COMMENT ON TABLE nesannot.reference_motif IS 'A studied span of a reference entry: motif, tested non-motif or doubtful; kinds are never merged';
COMMENT ON COLUMN nesannot.reference_motif.id IS 'Surrogate key';
COMMENT ON COLUMN nesannot.reference_motif.reference_entry_id IS 'The entry';
COMMENT ON COLUMN nesannot.reference_motif.position IS 'Place within the entry, from 1';
COMMENT ON COLUMN nesannot.reference_motif.kind IS 'functional_signal, peptide, export_mutation or binding_mutation';
COMMENT ON COLUMN nesannot.reference_motif.sign IS 'motif, non_motif (tested, and is none) or doubtful';
COMMENT ON COLUMN nesannot.reference_motif.first_residue IS 'First residue, 1-based';
COMMENT ON COLUMN nesannot.reference_motif.last_residue IS 'Last residue, inclusive';
COMMENT ON COLUMN nesannot.reference_motif.note IS 'What the source adds; empty if nothing';

CREATE TABLE nesannot.scored_sequence (
    configuration_id INTEGER NOT NULL,
    sequence_id BIGINT NOT NULL,
    run_id BIGINT NOT NULL,
    segments INTEGER NOT NULL,
    attempts SMALLINT NOT NULL,
    error TEXT,
    scored_at TIMESTAMP WITH TIME ZONE DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_scored_sequence PRIMARY KEY (configuration_id, sequence_id),
    CONSTRAINT ck_scored_sequence_segments_not_negative CHECK (segments >= 0),
    CONSTRAINT fk_scored_sequence_configuration_id_configuration FOREIGN KEY(configuration_id) REFERENCES nesannot.configuration (id),
    CONSTRAINT fk_scored_sequence_sequence_id_sequence FOREIGN KEY(sequence_id) REFERENCES nesannot.sequence (id),
    CONSTRAINT fk_scored_sequence_run_id_run FOREIGN KEY(run_id) REFERENCES nesannot.run (id)
)
 PARTITION BY LIST (configuration_id);
COMMENT ON TABLE nesannot.scored_sequence IS 'Ledger of scoring: one row for each sequence tried under a configuration, also if it has no segment';
COMMENT ON COLUMN nesannot.scored_sequence.configuration_id IS 'The configuration';
COMMENT ON COLUMN nesannot.scored_sequence.sequence_id IS 'The sequence';
COMMENT ON COLUMN nesannot.scored_sequence.run_id IS 'Run that scored it last';
COMMENT ON COLUMN nesannot.scored_sequence.segments IS 'Number of stored segments';
COMMENT ON COLUMN nesannot.scored_sequence.attempts IS 'How often it was tried';
COMMENT ON COLUMN nesannot.scored_sequence.error IS 'Why scoring it failed; NULL if it did not';
COMMENT ON COLUMN nesannot.scored_sequence.scored_at IS 'When it was scored last';

CREATE TABLE nesannot.ranked_segment (
    ranking_id BIGINT NOT NULL,
    rank INTEGER NOT NULL,
    sequence_id BIGINT NOT NULL,
    membership_id BIGINT NOT NULL,
    first_residue INTEGER NOT NULL,
    last_residue INTEGER NOT NULL,
    segment SMALLINT NOT NULL,
    is_current BOOLEAN NOT NULL,
    probability REAL NOT NULL,
    q_value REAL,
    consensus REAL,
    similarity REAL,
    neural REAL,
    tagger REAL,
    biochemical REAL,
    combined REAL,
    proteome TEXT NOT NULL,
    nes_class TEXT,
    core_positions INTEGER[],
    CONSTRAINT pk_ranked_segment PRIMARY KEY (ranking_id, rank),
    CONSTRAINT fk_ranked_segment_ranking_id_ranking FOREIGN KEY(ranking_id) REFERENCES nesannot.ranking (id) ON DELETE CASCADE,
    CONSTRAINT fk_ranked_segment_sequence_id_sequence FOREIGN KEY(sequence_id) REFERENCES nesannot.sequence (id)
);
CREATE INDEX ix_ranked_segment_membership_id ON nesannot.ranked_segment (membership_id);
CREATE INDEX ix_ranked_segment_probability ON nesannot.ranked_segment (probability DESC) WHERE is_current;
CREATE INDEX ix_ranked_segment_proteome_rank ON nesannot.ranked_segment (proteome, rank) WHERE is_current;
CREATE INDEX ix_ranked_segment_sequence_id ON nesannot.ranked_segment (sequence_id);
COMMENT ON TABLE nesannot.ranked_segment IS 'A ranked candidate. Repeats what is read together (proteome, span, scores), so that a page of candidates is one index scan; made from the other tables and made again at any time';
COMMENT ON COLUMN nesannot.ranked_segment.ranking_id IS 'The ranking';
COMMENT ON COLUMN nesannot.ranked_segment.rank IS 'Place, from 1';
COMMENT ON COLUMN nesannot.ranked_segment.sequence_id IS 'The sequence';
COMMENT ON COLUMN nesannot.ranked_segment.membership_id IS 'The protein that stands for all with this sequence';
COMMENT ON COLUMN nesannot.ranked_segment.first_residue IS 'First residue, 1-based';
COMMENT ON COLUMN nesannot.ranked_segment.last_residue IS 'Last residue, inclusive';
COMMENT ON COLUMN nesannot.ranked_segment.segment IS 'Number of the segment within the sequence';
COMMENT ON COLUMN nesannot.ranked_segment.is_current IS 'As in ranking';
COMMENT ON COLUMN nesannot.ranked_segment.probability IS 'Calibrated combined score under the ranking''s prior';
COMMENT ON COLUMN nesannot.ranked_segment.q_value IS 'Expected share of false positives down to this rank';
COMMENT ON COLUMN nesannot.ranked_segment.consensus IS 'Calibrated score of this method, before the prior';
COMMENT ON COLUMN nesannot.ranked_segment.similarity IS 'Calibrated score of this method, before the prior';
COMMENT ON COLUMN nesannot.ranked_segment.neural IS 'Calibrated score of this method, before the prior';
COMMENT ON COLUMN nesannot.ranked_segment.tagger IS 'Calibrated score of this method, before the prior';
COMMENT ON COLUMN nesannot.ranked_segment.biochemical IS 'Calibrated score of this method, before the prior';
COMMENT ON COLUMN nesannot.ranked_segment.combined IS 'Calibrated score of this method, before the prior';
COMMENT ON COLUMN nesannot.ranked_segment.proteome IS 'Name of the proteome';
COMMENT ON COLUMN nesannot.ranked_segment.nes_class IS 'Pattern class of the best consensus match; NULL if none matches';
COMMENT ON COLUMN nesannot.ranked_segment.core_positions IS 'Positions of its hydrophobic core residues, 1-based, ascending';

ALTER TABLE nesannot.segment ALTER COLUMN pooled SET STORAGE EXTERNAL;
ALTER TABLE nesannot.head_set ALTER COLUMN payload SET STORAGE EXTERNAL;

INSERT INTO nesannot.motif (key, name, ontology_term) VALUES ('NES', 'nuclear export signal', 'SO:0001531');

COMMENT ON TABLE nesannot.alembic_version IS 'Version of this schema; kept by Alembic';
COMMENT ON COLUMN nesannot.alembic_version.version_num IS 'The migration that ran last';
