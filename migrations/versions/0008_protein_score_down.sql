-- The summary of proteins as it was.
DROP VIEW nes.protein_summary;
ALTER TABLE nesannot.ranked_segment DROP COLUMN cargo;
COMMENT ON COLUMN nesannot.ranked_segment.combined IS 'Calibrated score of this method, before the prior';
COMMENT ON COLUMN nes.candidate_all.combined IS 'Calibrated combined score, 0 to 1, before the prior';
COMMENT ON COLUMN nes.candidate.combined IS 'Calibrated combined score, 0 to 1, before the prior';
COMMENT ON COLUMN nes.candidate_overall.combined IS 'Calibrated combined score, 0 to 1, before the prior';
COMMENT ON COLUMN nes.candidate_all.q_value IS 'Expected share of false positives among all candidates down to this one; NULL if it was not estimated';
COMMENT ON COLUMN nes.candidate.q_value IS 'Expected share of false positives among all candidates down to this one; NULL if it was not estimated';
COMMENT ON COLUMN nes.candidate_overall.q_value IS 'Expected share of false positives within its proteome down to this one; NULL if it was not estimated';
COMMENT ON COLUMN nesannot.ranked_segment.q_value IS 'Expected share of false positives down to this rank';
COMMENT ON COLUMN nesannot.decoy.combined IS 'Combined score of every candidate in them, ascending, before the prior';
COMMENT ON COLUMN nes.candidate_score.raw IS 'Score on the method''s own scale';
COMMENT ON COLUMN nesannot.ranking.logit_shift IS 'Added to the logit of each calibrated score: the prior of the ranked population';
COMMENT ON COLUMN nes.score_provenance.logit_shift IS 'The prior: what the ranking added to the logit of the calibrated combined score';

CREATE VIEW nes.protein_summary AS
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
COMMENT ON VIEW nes.protein_summary IS 'Proteins of the newest release of each proteome, with the number of ranked candidates and the best one';
COMMENT ON COLUMN nes.protein_summary.proteome IS 'UPID of the proteome, or the name its user gave';
COMMENT ON COLUMN nes.protein_summary.release IS 'Newest release of the proteome';
COMMENT ON COLUMN nes.protein_summary.accession IS 'Accession';
COMMENT ON COLUMN nes.protein_summary.entry_name IS 'UniProt entry name';
COMMENT ON COLUMN nes.protein_summary.gene IS 'Gene name';
COMMENT ON COLUMN nes.protein_summary.protein_name IS 'Name of the protein';
COMMENT ON COLUMN nes.protein_summary.organism IS 'Organism';
COMMENT ON COLUMN nes.protein_summary.reviewed IS 'Whether the entry is from Swiss-Prot';
COMMENT ON COLUMN nes.protein_summary.length IS 'Length in residues';
COMMENT ON COLUMN nes.protein_summary.candidates IS 'Number of ranked candidates in it';
COMMENT ON COLUMN nes.protein_summary.best_rank IS 'Rank of the best candidate; NULL if there is none';
COMMENT ON COLUMN nes.protein_summary.best_probability IS 'Probability of the best candidate';
COMMENT ON COLUMN nes.protein_summary.best_first_residue IS 'First residue of the best candidate, 1-based';
COMMENT ON COLUMN nes.protein_summary.best_last_residue IS 'Last residue of the best candidate, inclusive';
COMMENT ON COLUMN nes.protein_summary.locations IS 'Subcellular locations by UniProt; NULL if none are known';
COMMENT ON COLUMN nes.protein_summary.sequence_sha256 IS 'SHA-256 of the residues';
COMMENT ON COLUMN nes.protein_summary.best_e_value IS 'e_value of the best candidate; NULL if no decoys were scored';
COMMENT ON COLUMN nes.protein_summary.p_value IS 'Probability that a shuffled protein of this length has a candidate as good as the best one here; the score of the protein as a cargo, free of its length';
