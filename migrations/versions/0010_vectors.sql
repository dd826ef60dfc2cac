-- Which file of stored vectors, an index cache outside the database, fits what is stored.
CREATE TABLE nesannot.vector_index (
    configuration_id integer NOT NULL,
    sha256 text NOT NULL,
    vectors bigint NOT NULL,
    built_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_vector_index PRIMARY KEY (configuration_id),
    CONSTRAINT ck_vector_index_sha256_is_sha256 CHECK (sha256 ~ '^[0-9a-f]{64}$'),
    CONSTRAINT ck_vector_index_vectors_not_negative CHECK (vectors >= 0),
    CONSTRAINT fk_vector_index_configuration_id_configuration FOREIGN KEY (configuration_id)
        REFERENCES nesannot.configuration (id) ON DELETE CASCADE
);
COMMENT ON TABLE nesannot.vector_index IS 'The newest file of stored vectors of a configuration; a cache that is read only if its digest is this one';
COMMENT ON COLUMN nesannot.vector_index.configuration_id IS 'The configuration';
COMMENT ON COLUMN nesannot.vector_index.sha256 IS 'SHA-256 of the file, which also names it';
COMMENT ON COLUMN nesannot.vector_index.vectors IS 'Number of vectors in the file';
COMMENT ON COLUMN nesannot.vector_index.built_at IS 'When the file was written';
