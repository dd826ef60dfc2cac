-- The scores of a ranked candidate stand in one column, whatever methods there are.
ALTER TABLE nesannot.ranked_segment ADD COLUMN scores jsonb;
UPDATE nesannot.ranked_segment
   SET scores = jsonb_strip_nulls(jsonb_build_object('consensus', consensus, 'similarity', similarity, 'neural', neural,
                                                     'tagger', tagger, 'biochemical', biochemical));
ALTER TABLE nesannot.ranked_segment ALTER COLUMN scores SET NOT NULL;
COMMENT ON COLUMN nesannot.ranked_segment.scores IS 'Calibrated score of each method, by name, before the prior';

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
         FROM (SELECT e.key AS method, e.value::real AS score FROM jsonb_each_text(r.scores) e) c) v
  LEFT JOIN nesannot.membership m ON m.id = r.membership_id
  LEFT JOIN nesannot.protein p ON p.id = m.protein_id
 WHERE r.is_current;
COMMENT ON VIEW nes.method_agreement IS 'How many of the independent methods support each current candidate';
