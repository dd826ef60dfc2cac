-- NESdb's site and an export of NESdb are two sources. The export alone has peptides, so that a database whose entries
-- of NESdb have none read the site.
UPDATE nesannot.reference_entry SET source = 'nesdb_site'
 WHERE source = 'nesdb'
   AND NOT EXISTS (SELECT FROM nesannot.reference_entry e
                     JOIN nesannot.reference_motif t ON t.reference_entry_id = e.id
                    WHERE e.source = 'nesdb' AND t.kind = 'peptide');
COMMENT ON COLUMN nesannot.reference_entry.source IS 'nesdb (its export), nesdb_site, uniprot, bundled (the demo''s sample), or user:NAME';
COMMENT ON COLUMN nes.reference_nes.source IS 'nesdb (its export), nesdb_site, uniprot, bundled (the demo''s sample), or user:NAME';
