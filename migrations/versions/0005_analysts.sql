-- What analysts ask for beyond the first views, and what workers may do without owning the tables.

-- Workers need partitions for new configurations, but may not change the schema: the owner does it for them.
CREATE FUNCTION nesannot.create_partitions(configuration integer) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    partitioned text;
BEGIN
    PERFORM FROM nesannot.configuration c WHERE c.id = configuration;
    IF NOT FOUND THEN
        RAISE EXCEPTION 'no configuration %', configuration USING ERRCODE = 'foreign_key_violation';
    END IF;
    FOREACH partitioned IN ARRAY ARRAY['scored_sequence', 'segment', 'method_score'] LOOP
        EXECUTE format('CREATE TABLE nesannot.%I PARTITION OF nesannot.%I FOR VALUES IN (%s)',
                       partitioned || '_c' || configuration, partitioned, configuration);
    END LOOP;
END
$$;
COMMENT ON FUNCTION nesannot.create_partitions(integer) IS 'Partitions of a new configuration, made with the rights of the owner of the tables';
REVOKE ALL ON FUNCTION nesannot.create_partitions(integer) FROM PUBLIC;

-- The order of all candidates, readable from the index alone.
DROP INDEX nesannot.ix_ranked_segment_probability;
CREATE INDEX ix_ranked_segment_overall ON nesannot.ranked_segment (probability DESC, rank, ranking_id) WHERE is_current;

CREATE VIEW nes.candidate_overall AS
SELECT o.overall_rank,
       c.proteome,
       c.release,
       c.rank,
       c.accession,
       c.entry_name,
       c.gene,
       c.protein_name,
       c.organism,
       c.first_residue,
       c.last_residue,
       c.peptide,
       c.nes_class,
       c.probability,
       c.q_value,
       c.consensus,
       c.similarity,
       c.neural,
       c.tagger,
       c.biochemical,
       c.combined,
       c.length,
       c.reviewed,
       c.accessions,
       c.sequence_sha256,
       c.configuration_id,
       c.ranking_id
  FROM (SELECT row_number() OVER (ORDER BY r.probability DESC, r.rank, r.ranking_id) AS overall_rank,
               r.ranking_id, r.rank
          FROM nesannot.ranked_segment r
         WHERE r.is_current
         ORDER BY overall_rank) o
  CROSS JOIN LATERAL (SELECT * FROM nes.candidate v WHERE v.ranking_id = o.ranking_id AND v.rank = o.rank OFFSET 0) c;
COMMENT ON VIEW nes.candidate_overall IS 'Current candidates of all proteomes in one order. Take it from the top: WHERE overall_rank <= 1000 ORDER BY overall_rank; to look one candidate up, use nes.candidate';
COMMENT ON COLUMN nes.candidate_overall.overall_rank IS 'Place among the candidates of all proteomes, from 1: by probability, then rank within the proteome';
COMMENT ON COLUMN nes.candidate_overall.proteome IS 'UPID of the proteome, or the name its user gave';
COMMENT ON COLUMN nes.candidate_overall.release IS 'Release of the proteome';
COMMENT ON COLUMN nes.candidate_overall.rank IS 'Place within its proteome';
COMMENT ON COLUMN nes.candidate_overall.accession IS 'Accession; where several proteins share the sequence, a reviewed one, first in the alphabet';
COMMENT ON COLUMN nes.candidate_overall.entry_name IS 'UniProt entry name';
COMMENT ON COLUMN nes.candidate_overall.gene IS 'Gene name';
COMMENT ON COLUMN nes.candidate_overall.protein_name IS 'Name of the protein';
COMMENT ON COLUMN nes.candidate_overall.organism IS 'Organism';
COMMENT ON COLUMN nes.candidate_overall.first_residue IS 'First residue of the candidate, 1-based';
COMMENT ON COLUMN nes.candidate_overall.last_residue IS 'Last residue of the candidate, inclusive';
COMMENT ON COLUMN nes.candidate_overall.peptide IS 'Residues of the candidate';
COMMENT ON COLUMN nes.candidate_overall.nes_class IS 'Class of the best matching consensus pattern; NULL if none matches';
COMMENT ON COLUMN nes.candidate_overall.probability IS 'Probability of a functional motif under the cargo prior of its ranking; what the order follows';
COMMENT ON COLUMN nes.candidate_overall.q_value IS 'Expected share of false positives within its proteome down to this one; NULL if it was not estimated';
COMMENT ON COLUMN nes.candidate_overall.consensus IS 'Calibrated score of the consensus patterns, 0 to 1, before the prior; NULL if not used';
COMMENT ON COLUMN nes.candidate_overall.similarity IS 'Calibrated score of the similarity to known motifs, 0 to 1, before the prior; NULL if not used';
COMMENT ON COLUMN nes.candidate_overall.neural IS 'Calibrated score of the neural classifier, 0 to 1, before the prior; NULL if not used';
COMMENT ON COLUMN nes.candidate_overall.tagger IS 'Calibrated score of the residue tagger, 0 to 1, before the prior; NULL if not used';
COMMENT ON COLUMN nes.candidate_overall.biochemical IS 'Calibrated score of the biochemical properties, 0 to 1, before the prior; NULL if not used';
COMMENT ON COLUMN nes.candidate_overall.combined IS 'Calibrated combined score, 0 to 1, before the prior';
COMMENT ON COLUMN nes.candidate_overall.length IS 'Length of the protein in residues';
COMMENT ON COLUMN nes.candidate_overall.reviewed IS 'Whether the entry is from Swiss-Prot';
COMMENT ON COLUMN nes.candidate_overall.accessions IS 'All accessions of this release that have this very sequence';
COMMENT ON COLUMN nes.candidate_overall.sequence_sha256 IS 'SHA-256 of the residues of the protein';
COMMENT ON COLUMN nes.candidate_overall.configuration_id IS 'Configuration of models and methods; see nes.configuration';
COMMENT ON COLUMN nes.candidate_overall.ranking_id IS 'The ranking';

CREATE VIEW nes.nearest_reference AS
SELECT r.proteome,
       r.rank,
       p.accession,
       r.first_residue,
       r.last_residue,
       n.sign,
       (n.nearest ->> 'distance')::real AS distance,
       (n.nearest ->> 'same_protein')::boolean AS same_protein,
       (n.nearest -> 'span' ->> 0)::integer AS reference_first_residue,
       (n.nearest -> 'span' ->> 1)::integer AS reference_last_residue,
       substr(q.residues, (n.nearest -> 'span' ->> 0)::integer,
              (n.nearest -> 'span' ->> 1)::integer - (n.nearest -> 'span' ->> 0)::integer + 1) AS reference_peptide,
       known.source,
       known.entry_id,
       known.accession AS reference_accession,
       known.protein_name AS reference_protein_name,
       known.gene AS reference_gene,
       known.citations,
       n.nearest ->> 'sequence' AS reference_sha256,
       r.ranking_id
  FROM nesannot.ranked_segment r
  JOIN nesannot.ranking k ON k.id = r.ranking_id
  JOIN nesannot.configuration_method c ON c.configuration_id = k.configuration_id AND c.name = 'similarity'
  JOIN nesannot.method_score x ON x.configuration_id = k.configuration_id AND x.sequence_id = r.sequence_id
                              AND x.segment = r.segment AND x.method_id = c.method_id
  CROSS JOIN LATERAL (VALUES ('motif', x.evidence -> 'nearest_motif'),
                             ('non_motif', x.evidence -> 'nearest_other')) AS n (sign, nearest)
  LEFT JOIN nesannot.membership m ON m.id = r.membership_id
  LEFT JOIN nesannot.protein p ON p.id = m.protein_id
  LEFT JOIN nesannot.sequence q ON q.sha256 = n.nearest ->> 'sequence'
  LEFT JOIN LATERAL (SELECT e.* FROM nesannot.reference_entry e
                      WHERE e.sequence_id = q.id AND e.motif = k.motif
                      ORDER BY e.doubtful, e.source COLLATE "C", e.entry_id COLLATE "C" LIMIT 1) known ON true
 WHERE r.is_current AND n.nearest IS NOT NULL;
COMMENT ON VIEW nes.nearest_reference IS 'For each current candidate the known motif, and the reference that is none, whose embedding is nearest to its own (method similarity); two rows for each candidate';
COMMENT ON COLUMN nes.nearest_reference.proteome IS 'UPID of the proteome, or the name its user gave';
COMMENT ON COLUMN nes.nearest_reference.rank IS 'Place of the candidate';
COMMENT ON COLUMN nes.nearest_reference.accession IS 'Accession of the candidate''s protein';
COMMENT ON COLUMN nes.nearest_reference.first_residue IS 'First residue of the candidate, 1-based';
COMMENT ON COLUMN nes.nearest_reference.last_residue IS 'Last residue of the candidate, inclusive';
COMMENT ON COLUMN nes.nearest_reference.sign IS 'motif, or non_motif for a stretch of a studied protein that is no known motif';
COMMENT ON COLUMN nes.nearest_reference.distance IS 'Distance of the two embeddings, centred and scaled to length 1: 0 equal, 2 opposite';
COMMENT ON COLUMN nes.nearest_reference.same_protein IS 'Whether the reference lies in the very sequence of the candidate: then it is no prediction';
COMMENT ON COLUMN nes.nearest_reference.reference_first_residue IS 'First residue of the reference, 1-based, in its own protein';
COMMENT ON COLUMN nes.nearest_reference.reference_last_residue IS 'Last residue of the reference, inclusive';
COMMENT ON COLUMN nes.nearest_reference.reference_peptide IS 'Residues of the reference; NULL if its sequence is not in this database';
COMMENT ON COLUMN nes.nearest_reference.source IS 'Source that studied the reference''s protein; NULL if none of this database did';
COMMENT ON COLUMN nes.nearest_reference.entry_id IS 'Identifier of its entry within that source';
COMMENT ON COLUMN nes.nearest_reference.reference_accession IS 'Accession that the source gives';
COMMENT ON COLUMN nes.nearest_reference.reference_protein_name IS 'Name of the reference''s protein';
COMMENT ON COLUMN nes.nearest_reference.reference_gene IS 'Gene name of the reference''s protein';
COMMENT ON COLUMN nes.nearest_reference.citations IS 'PMID:..., doi:... or free text';
COMMENT ON COLUMN nes.nearest_reference.reference_sha256 IS 'SHA-256 of the residues of the reference''s protein';
COMMENT ON COLUMN nes.nearest_reference.ranking_id IS 'The ranking';

CREATE VIEW nes.schema_version AS SELECT version_num AS revision FROM nesannot.alembic_version;
COMMENT ON VIEW nes.schema_version IS 'Version of this schema, as far as readers need to know it';
COMMENT ON COLUMN nes.schema_version.revision IS 'Number of the newest migration';
