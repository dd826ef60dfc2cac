-- How much a protein looks like a cargo of CRM1: the mean log-odds of its three best candidates.
CREATE FUNCTION nesannot.log_odds(probability real) RETURNS double precision
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN ln(least(greatest(CAST(probability AS double precision), 1e-6), 1 - 1e-6)
              / (1 - least(greatest(CAST(probability AS double precision), 1e-6), 1 - 1e-6)));
COMMENT ON FUNCTION nesannot.log_odds IS 'Logarithm of the odds of a probability, which is kept 1e-6 away from 0 and 1';

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
       best.cargo_score
  FROM nesannot.proteome o
  JOIN LATERAL (SELECT * FROM nesannot.release n WHERE n.proteome_id = o.id ORDER BY n.effective DESC LIMIT 1) l ON true
  JOIN nesannot.membership m ON m.proteome_id = o.id AND m.valid_to IS NULL
  JOIN nesannot.protein p ON p.id = m.protein_id
  JOIN nesannot.sequence s ON s.id = m.sequence_id
  LEFT JOIN LATERAL (
       SELECT r.rank, r.probability, r.e_value, r.first_residue, r.last_residue, count(*) OVER () AS candidates,
              avg(nesannot.log_odds(r.combined)) OVER (ORDER BY r.rank ROWS BETWEEN CURRENT ROW AND 2 FOLLOWING) AS cargo_score
         FROM nesannot.ranked_segment r
        WHERE r.sequence_id = m.sequence_id AND r.is_current AND r.proteome = o.name
        ORDER BY r.rank LIMIT 1) best ON true;
COMMENT ON COLUMN nes.protein_summary.p_value IS 'Probability that a shuffled protein of this length has a candidate as good as the best one here';
COMMENT ON COLUMN nes.protein_summary.cargo_score IS 'Mean log-odds of the three best candidates, or of as many as there are, before the prior: how much the protein looks like a cargo of CRM1';
