-- The column of all scores goes; its methods have columns of their own again (see 0010_method_columns_down.sql).
CREATE OR REPLACE VIEW nes.method_agreement AS
SELECT r.proteome,
       r.rank,
       p.accession,
       r.first_residue,
       r.last_residue,
       r.probability,
       v.methods_scored,
       v.methods_in_favour,
       v.in_favour,
       v.lowest,
       v.highest,
       r.ranking_id
  FROM nesannot.ranked_segment r
  CROSS JOIN LATERAL (
       SELECT count(c.score)::integer AS methods_scored,
              (count(*) FILTER (WHERE c.score >= 0.5))::integer AS methods_in_favour,
              coalesce(array_agg(c.method ORDER BY c.method) FILTER (WHERE c.score >= 0.5), '{}') AS in_favour,
              min(c.score) AS lowest,
              max(c.score) AS highest
         FROM (VALUES ('consensus', r.consensus), ('similarity', r.similarity),
                      ('neural', r.neural), ('tagger', r.tagger), ('biochemical', r.biochemical)) AS c (method, score)) v
  LEFT JOIN nesannot.membership m ON m.id = r.membership_id
  LEFT JOIN nesannot.protein p ON p.id = m.protein_id
 WHERE r.is_current;
COMMENT ON VIEW nes.method_agreement IS 'How many of the independent methods (consensus, similarity, neural, tagger, biochemical) support each current candidate';
ALTER TABLE nesannot.ranked_segment DROP COLUMN scores;
