-- What chance gives: scores of shuffled proteins, and with them q-values and expected numbers in the ranking.
CREATE TABLE nesannot.decoy (
    configuration_id integer NOT NULL,
    proteome_id bigint NOT NULL,
    run_id bigint NOT NULL,
    proteins integer NOT NULL,
    residues integer NOT NULL,
    combined real[] NOT NULL,
    made_at timestamp with time zone DEFAULT clock_timestamp() NOT NULL,
    CONSTRAINT pk_decoy PRIMARY KEY (configuration_id, proteome_id),
    CONSTRAINT ck_decoy_not_empty CHECK (residues > 0 AND proteins > 0),
    CONSTRAINT fk_decoy_configuration_id_configuration FOREIGN KEY (configuration_id) REFERENCES nesannot.configuration (id),
    CONSTRAINT fk_decoy_proteome_id_proteome FOREIGN KEY (proteome_id) REFERENCES nesannot.proteome (id) ON DELETE CASCADE,
    CONSTRAINT fk_decoy_run_id_run FOREIGN KEY (run_id) REFERENCES nesannot.run (id)
);
COMMENT ON TABLE nesannot.decoy IS 'Combined scores that shuffled proteins of a proteome reach under a configuration; for q-values';
COMMENT ON COLUMN nesannot.decoy.configuration_id IS 'The configuration';
COMMENT ON COLUMN nesannot.decoy.proteome_id IS 'Whose proteins were shuffled';
COMMENT ON COLUMN nesannot.decoy.run_id IS 'Run that scored them';
COMMENT ON COLUMN nesannot.decoy.proteins IS 'Number of shuffled proteins';
COMMENT ON COLUMN nesannot.decoy.residues IS 'Residues of these';
COMMENT ON COLUMN nesannot.decoy.combined IS 'Combined score of every candidate in them, ascending, before the prior';
COMMENT ON COLUMN nesannot.decoy.made_at IS 'When it was made';

ALTER TABLE nesannot.ranking ADD COLUMN decoys text;
COMMENT ON COLUMN nesannot.ranking.decoys IS 'Where q-values come from: shuffled, or a proteome without CRM1; NULL if there are none';
ALTER TABLE nesannot.ranked_segment ADD COLUMN e_value real;
COMMENT ON COLUMN nesannot.ranked_segment.e_value IS 'Expected number of decoy candidates that score as high in a sequence of this length';

CREATE OR REPLACE VIEW nes.candidate_all AS
SELECT r.proteome,
       l.name AS release,
       r.rank,
       p.accession,
       m.entry_name,
       m.gene,
       m.protein_name,
       r.first_residue,
       r.last_residue,
       substr(s.residues, r.first_residue, r.last_residue - r.first_residue + 1) AS peptide,
       r.nes_class,
       r.core_positions,
       r.probability,
       r.q_value,
       r.consensus,
       r.similarity,
       r.neural,
       r.tagger,
       r.biochemical,
       r.combined,
       s.length,
       m.reviewed,
       m.organism,
       (SELECT array_agg(q.accession ORDER BY q.accession)
          FROM nesannot.membership o
          JOIN nesannot.protein q ON q.id = o.protein_id
         WHERE o.proteome_id = k.proteome_id AND o.sequence_id = r.sequence_id
           AND o.valid_from <= l.effective AND (o.valid_to IS NULL OR o.valid_to > l.effective)) AS accessions,
       k.motif,
       s.sha256 AS sequence_sha256,
       r.segment,
       k.configuration_id,
       k.run_id,
       r.ranking_id,
       r.is_current,
       r.e_value
  FROM nesannot.ranked_segment r
  JOIN nesannot.ranking k ON k.id = r.ranking_id
  JOIN nesannot.release l ON l.id = k.release_id
  JOIN nesannot.sequence s ON s.id = r.sequence_id
  LEFT JOIN nesannot.membership m ON m.id = r.membership_id
  LEFT JOIN nesannot.protein p ON p.id = m.protein_id;
COMMENT ON COLUMN nes.candidate_all.e_value IS 'Expected number of candidates of shuffled proteins that score as high in a sequence of this length; NULL if no decoys were scored';

CREATE OR REPLACE VIEW nes.candidate AS
SELECT proteome, release, rank, accession, entry_name, gene, protein_name, first_residue, last_residue, peptide, nes_class,
       core_positions, probability, q_value, consensus, similarity, neural, tagger, biochemical, combined, length, reviewed,
       organism, accessions, motif, sequence_sha256, segment, configuration_id, run_id, ranking_id, e_value
  FROM nes.candidate_all
 WHERE is_current;
COMMENT ON COLUMN nes.candidate.e_value IS 'Expected number of candidates of shuffled proteins that score as high in a sequence of this length; NULL if no decoys were scored';

CREATE OR REPLACE VIEW nes.protein_summary AS
SELECT o.name AS proteome,
       l.name AS release,
       p.accession,
       m.entry_name,
       m.gene,
       m.protein_name,
       m.organism,
       m.reviewed,
       s.length,
       coalesce(best.candidates, 0) AS candidates,
       best.rank AS best_rank,
       best.probability AS best_probability,
       best.first_residue AS best_first_residue,
       best.last_residue AS best_last_residue,
       (SELECT array_agg(a.text ORDER BY a.text)
          FROM nesannot.annotation a WHERE a.protein_id = p.id AND a.kind = 'location') AS locations,
       s.sha256 AS sequence_sha256,
       best.e_value AS best_e_value,
       1 - exp(-CAST(best.e_value AS double precision)) AS p_value
  FROM nesannot.proteome o
  JOIN LATERAL (SELECT * FROM nesannot.release n WHERE n.proteome_id = o.id ORDER BY n.effective DESC LIMIT 1) l ON true
  JOIN nesannot.membership m ON m.proteome_id = o.id AND m.valid_to IS NULL
  JOIN nesannot.protein p ON p.id = m.protein_id
  JOIN nesannot.sequence s ON s.id = m.sequence_id
  LEFT JOIN LATERAL (
       SELECT r.rank, r.probability, r.e_value, r.first_residue, r.last_residue, count(*) OVER () AS candidates
         FROM nesannot.ranked_segment r
        WHERE r.sequence_id = m.sequence_id AND r.is_current AND r.proteome = o.name
        ORDER BY r.rank LIMIT 1) best ON true;
COMMENT ON COLUMN nes.protein_summary.best_e_value IS 'e_value of the best candidate; NULL if no decoys were scored';
COMMENT ON COLUMN nes.protein_summary.p_value IS 'Probability that a shuffled protein of this length has a candidate as good as the best one here; the score of the protein as a cargo, free of its length';
