-- Where both were read, the export stays: the earlier schema held one of them.
DELETE FROM nesannot.reference_entry s
 WHERE s.source = 'nesdb_site' AND EXISTS (SELECT FROM nesannot.reference_entry e WHERE e.source = 'nesdb');
UPDATE nesannot.reference_entry SET source = 'nesdb' WHERE source = 'nesdb_site';
COMMENT ON COLUMN nesannot.reference_entry.source IS 'nesdb, uniprot, bundled, or user:NAME';
COMMENT ON COLUMN nes.reference_nes.source IS 'nesdb, uniprot, bundled, or user:NAME';
