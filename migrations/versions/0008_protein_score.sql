-- How likely a protein is a cargo of CRM1: one factor of the probability of each of its candidates, and the score of the protein.
ALTER TABLE nesannot.ranked_segment ADD COLUMN cargo real;
COMMENT ON COLUMN nesannot.ranked_segment.cargo IS 'Probability that the protein is a cargo of CRM1, under the prior; NULL before schema 0008';
COMMENT ON COLUMN nesannot.ranking.logit_shift IS 'The prior: added to the log-odds of each protein to be a cargo, which are those where one in ten is';
COMMENT ON COLUMN nes.score_provenance.logit_shift IS 'The prior: what the ranking added to the log-odds of the protein to be a cargo';
COMMENT ON COLUMN nesannot.ranked_segment.combined IS 'Calibrated score of all methods together, where one protein in ten is a cargo';
COMMENT ON COLUMN nes.candidate_all.combined IS 'Calibrated combined score, 0 to 1, where one protein in ten is a cargo';
COMMENT ON COLUMN nes.candidate.combined IS 'Calibrated combined score, 0 to 1, where one protein in ten is a cargo';
COMMENT ON COLUMN nes.candidate_overall.combined IS 'Calibrated combined score, 0 to 1, where one protein in ten is a cargo';
COMMENT ON COLUMN nes.candidate_all.q_value IS 'Expected share of false positives among all candidates with as high a combined score; NULL if it was not estimated';
COMMENT ON COLUMN nes.candidate.q_value IS 'Expected share of false positives among all candidates with as high a combined score; NULL if it was not estimated';
COMMENT ON COLUMN nes.candidate_overall.q_value IS 'Expected share of false positives among the candidates of its proteome with as high a combined score; NULL if it was not estimated';
COMMENT ON COLUMN nesannot.ranked_segment.q_value IS 'Expected share of false positives among candidates with as high a combined score';
COMMENT ON COLUMN nesannot.decoy.combined IS 'Combined score of every candidate in them, ascending, where one protein in ten is a cargo';
COMMENT ON COLUMN nes.candidate_score.raw IS 'Score on the method''s own scale; of the combination the log-odds of a motif in a cargo';

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
       1 - exp(-CAST(best.e_value AS double precision)) AS p_value,
       best.cargo AS cargo_probability
  FROM nesannot.proteome o
  JOIN LATERAL (SELECT * FROM nesannot.release n WHERE n.proteome_id = o.id ORDER BY n.effective DESC LIMIT 1) l ON true
  JOIN nesannot.membership m ON m.proteome_id = o.id AND m.valid_to IS NULL
  JOIN nesannot.protein p ON p.id = m.protein_id
  JOIN nesannot.sequence s ON s.id = m.sequence_id
  LEFT JOIN LATERAL (
       SELECT r.rank, r.probability, r.e_value, r.cargo, r.first_residue, r.last_residue, count(*) OVER () AS candidates
         FROM nesannot.ranked_segment r
        WHERE r.sequence_id = m.sequence_id AND r.is_current AND r.proteome = o.name
        ORDER BY r.rank LIMIT 1) best ON true;
COMMENT ON COLUMN nes.protein_summary.p_value IS 'Probability that a shuffled protein of this length has a candidate as good as the best one here';
COMMENT ON COLUMN nes.protein_summary.cargo_probability IS 'Probability that the protein is a cargo of CRM1, under the prior of the ranking; the score of the protein; NULL before schema 0008';
