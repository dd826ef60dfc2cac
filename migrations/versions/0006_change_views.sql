-- Changes as analysts read them: one view of changes, one of the candidates that they gained, lost and moved.
CREATE VIEW nes.candidate_change AS
WITH step AS NOT MATERIALIZED (
    SELECT c.id AS change_id, c.kind, c.accession, c.successors, c.old_sequence_id, c.new_sequence_id, c.old_configuration_id,
           c.new_configuration_id, c.proteome_id, o.name AS proteome, l.id AS release_id, l.name AS release, l.effective,
           b.id AS previous_id, b.name AS previous_release, b.effective AS before
      FROM nesannot.change c
      JOIN nesannot.proteome o ON o.id = c.proteome_id
      JOIN nesannot.release l ON l.id = c.release_id
      LEFT JOIN LATERAL (SELECT n.id, n.name, n.effective FROM nesannot.release n
                          WHERE n.proteome_id = l.proteome_id AND n.effective < l.effective
                          ORDER BY n.effective DESC LIMIT 1) b ON true
)
SELECT t.change_id,
       t.kind AS cause,
       t.proteome,
       t.previous_release,
       t.release,
       t.accession AS old_accession,
       CASE WHEN t.kind IN ('merged', 'demerged', 'deleted') THEN t.successors[1] ELSE t.accession END AS accession,
       CASE WHEN d.old_rank IS NULL THEN 'gained' WHEN d.new_rank IS NULL THEN 'lost' ELSE 'moved' END AS outcome,
       d.old_first AS old_first_residue,
       d.old_last AS old_last_residue,
       d.new_first AS first_residue,
       d.new_last AS last_residue,
       d.peptide,
       d.old_rank,
       d.new_rank AS rank,
       d.old_probability,
       d.new_probability AS probability,
       w.old_ranking AS old_ranking_id,
       w.new_ranking AS ranking_id
  FROM step t
 CROSS JOIN LATERAL (
       SELECT n.id AS new_ranking, p.id AS old_ranking
         FROM (SELECT k.id, k.configuration_id, k.motif FROM nesannot.ranking k
                WHERE k.release_id = t.release_id ORDER BY k.ranked_at DESC LIMIT 1) n
        CROSS JOIN LATERAL (
              SELECT k.id FROM nesannot.ranking k
               WHERE k.release_id = t.previous_id AND k.motif = n.motif
               ORDER BY (k.configuration_id = n.configuration_id) DESC, k.ranked_at DESC LIMIT 1) p) w
 CROSS JOIN LATERAL (
       SELECT coalesce(n.peptide, o.peptide) AS peptide, o.rank AS old_rank, n.rank AS new_rank, o.first_residue AS old_first,
              o.last_residue AS old_last, n.first_residue AS new_first, n.last_residue AS new_last,
              o.probability AS old_probability, n.probability AS new_probability
         FROM (SELECT r.rank, r.first_residue, r.last_residue, r.probability, x.peptide,
                      row_number() OVER (PARTITION BY x.peptide ORDER BY r.first_residue) AS copy
                 FROM nesannot.ranked_segment r
                 JOIN nesannot.sequence s ON s.id = r.sequence_id
                CROSS JOIN LATERAL (SELECT substr(s.residues, r.first_residue, r.last_residue - r.first_residue + 1) AS peptide) x
                WHERE r.ranking_id = w.old_ranking AND r.sequence_id = t.old_sequence_id) o
         FULL JOIN (SELECT r.rank, r.first_residue, r.last_residue, r.probability, x.peptide,
                      row_number() OVER (PARTITION BY x.peptide ORDER BY r.first_residue) AS copy
                 FROM nesannot.ranked_segment r
                 JOIN nesannot.sequence s ON s.id = r.sequence_id
                CROSS JOIN LATERAL (SELECT substr(s.residues, r.first_residue, r.last_residue - r.first_residue + 1) AS peptide) x
                WHERE r.ranking_id = w.new_ranking AND r.sequence_id = t.new_sequence_id) n
           ON n.peptide = o.peptide AND n.copy = o.copy) d
 WHERE t.kind NOT IN ('pipeline', 'metadata', 'moved', 'motif_curation')
   AND (t.kind IN ('merged', 'demerged', 'deleted') OR d.old_rank IS NULL OR d.new_rank IS NULL
        OR d.old_first <> d.new_first)
   AND (d.new_rank IS NOT NULL
        OR NOT EXISTS (SELECT FROM nesannot.membership m
                        WHERE m.proteome_id = t.proteome_id AND m.sequence_id = t.old_sequence_id
                          AND m.valid_from <= t.effective AND (m.valid_to IS NULL OR m.valid_to > t.effective)))
   AND (d.old_rank IS NOT NULL
        OR NOT EXISTS (SELECT FROM nesannot.membership m
                        WHERE m.proteome_id = t.proteome_id AND m.sequence_id = t.new_sequence_id
                          AND m.valid_from <= t.before AND (m.valid_to IS NULL OR m.valid_to > t.before)))
UNION ALL
SELECT t.change_id, t.kind, t.proteome, t.previous_release, t.release, p.accession, p.accession,
       CASE WHEN d.old_rank IS NULL THEN 'gained' WHEN d.new_rank IS NULL THEN 'lost' ELSE 'moved' END,
       d.old_first, d.old_last, d.new_first, d.new_last,
       substr(s.residues, coalesce(d.new_first, d.old_first), coalesce(d.new_last - d.new_first, d.old_last - d.old_first) + 1),
       d.old_rank, d.new_rank, d.old_probability, d.new_probability, w.old_ranking, w.new_ranking
  FROM step t
 CROSS JOIN LATERAL (
       SELECT n.id AS new_ranking, q.id AS old_ranking
         FROM (SELECT k.id FROM nesannot.ranking k
                WHERE k.release_id = t.release_id AND k.configuration_id = t.new_configuration_id) n
        CROSS JOIN (SELECT k.id FROM nesannot.ranking k
                      JOIN nesannot.release l ON l.id = k.release_id
                     WHERE k.proteome_id = t.proteome_id AND k.configuration_id = t.old_configuration_id
                       AND l.effective <= t.effective
                     ORDER BY l.effective DESC LIMIT 1) q) w
 CROSS JOIN LATERAL (
       SELECT coalesce(n.sequence_id, o.sequence_id) AS sequence_id, coalesce(n.membership_id, o.membership_id) AS membership_id,
              o.rank AS old_rank, n.rank AS new_rank, o.first_residue AS old_first, o.last_residue AS old_last,
              n.first_residue AS new_first, n.last_residue AS new_last, o.probability AS old_probability,
              n.probability AS new_probability
         FROM (SELECT * FROM nesannot.ranked_segment r WHERE r.ranking_id = w.old_ranking
                  AND EXISTS (SELECT FROM nesannot.ranked_segment x
                               WHERE x.ranking_id = w.new_ranking AND x.sequence_id = r.sequence_id)) o
         FULL JOIN (SELECT * FROM nesannot.ranked_segment r WHERE r.ranking_id = w.new_ranking
                  AND EXISTS (SELECT FROM nesannot.ranked_segment x
                               WHERE x.ranking_id = w.old_ranking AND x.sequence_id = r.sequence_id)) n
           ON n.sequence_id = o.sequence_id AND n.first_residue = o.first_residue AND n.last_residue = o.last_residue) d
  JOIN nesannot.sequence s ON s.id = d.sequence_id
  LEFT JOIN nesannot.membership m ON m.id = d.membership_id
  LEFT JOIN nesannot.protein p ON p.id = m.protein_id
 WHERE t.kind = 'pipeline'
   AND (d.old_rank IS NULL OR d.new_rank IS NULL OR abs(d.old_probability - d.new_probability) >= 0.01);
COMMENT ON VIEW nes.candidate_change IS 'Candidates gained, lost and moved from a release to the next, each with its cause; for releases that are both ranked. Example: SELECT * FROM nes.candidate_change WHERE proteome = ''UP000002311'' AND outcome = ''gained'' ORDER BY rank';
COMMENT ON COLUMN nes.candidate_change.change_id IS 'The change that caused it; see nes.release_change';
COMMENT ON COLUMN nes.candidate_change.cause IS 'Kind of that change: new_sequence_version, merged, demerged, deleted, new, isoform_switch or pipeline';
COMMENT ON COLUMN nes.candidate_change.proteome IS 'UPID of the proteome, or the name its user gave';
COMMENT ON COLUMN nes.candidate_change.previous_release IS 'Release before';
COMMENT ON COLUMN nes.candidate_change.release IS 'Release that brought the change';
COMMENT ON COLUMN nes.candidate_change.old_accession IS 'Accession before; that of the new protein, if it is new';
COMMENT ON COLUMN nes.candidate_change.accession IS 'Accession since: the first successor of one that is gone; NULL if it has none';
COMMENT ON COLUMN nes.candidate_change.outcome IS 'gained, lost, or moved: the same residues at another place, under another accession, or, when the pipeline changed, with a probability that differs by 0.01 or more';
COMMENT ON COLUMN nes.candidate_change.old_first_residue IS 'First residue before, 1-based; NULL if gained';
COMMENT ON COLUMN nes.candidate_change.old_last_residue IS 'Last residue before, inclusive; NULL if gained';
COMMENT ON COLUMN nes.candidate_change.first_residue IS 'First residue since, 1-based; NULL if lost';
COMMENT ON COLUMN nes.candidate_change.last_residue IS 'Last residue since, inclusive; NULL if lost';
COMMENT ON COLUMN nes.candidate_change.peptide IS 'Residues of the candidate';
COMMENT ON COLUMN nes.candidate_change.old_rank IS 'Rank in the release before; NULL if gained';
COMMENT ON COLUMN nes.candidate_change.rank IS 'Rank in the release; NULL if lost';
COMMENT ON COLUMN nes.candidate_change.old_probability IS 'Probability in the ranking before; NULL if gained';
COMMENT ON COLUMN nes.candidate_change.probability IS 'Probability in the ranking since; NULL if lost';
COMMENT ON COLUMN nes.candidate_change.old_ranking_id IS 'The ranking before';
COMMENT ON COLUMN nes.candidate_change.ranking_id IS 'The ranking since';

CREATE VIEW nes.release_change AS
SELECT c.id AS change_id,
       o.name AS proteome,
       (SELECT n.name FROM nesannot.release n WHERE n.proteome_id = l.proteome_id AND n.effective < l.effective
         ORDER BY n.effective DESC LIMIT 1) AS previous_release,
       l.name AS release,
       l.released,
       c.kind,
       c.accession,
       c.successors,
       c.basis,
       coalesce(d.gained, 0) AS gained,
       coalesce(d.lost, 0) AS lost,
       coalesce(d.moved, 0) AS moved,
       a.sha256 AS old_sequence_sha256,
       b.sha256 AS sequence_sha256,
       c.old_configuration_id,
       c.new_configuration_id AS configuration_id,
       c.facts,
       c.run_id,
       c.recorded_at
  FROM nesannot.change c
  LEFT JOIN nesannot.proteome o ON o.id = c.proteome_id
  LEFT JOIN nesannot.release l ON l.id = c.release_id
  LEFT JOIN nesannot.sequence a ON a.id = c.old_sequence_id
  LEFT JOIN nesannot.sequence b ON b.id = c.new_sequence_id
  LEFT JOIN LATERAL (SELECT count(*) FILTER (WHERE x.outcome = 'gained') AS gained,
                            count(*) FILTER (WHERE x.outcome = 'lost') AS lost,
                            count(*) FILTER (WHERE x.outcome = 'moved') AS moved
                       FROM nes.candidate_change x
                      WHERE x.change_id = c.id AND c.kind NOT IN ('metadata', 'moved', 'motif_curation')) d ON true;
COMMENT ON VIEW nes.release_change IS 'What changed, one row for each protein and release, change of a reference motif, or change of the pipeline, with the number of candidates that it gained, lost and moved. Example: SELECT kind, count(*) FROM nes.release_change WHERE proteome = ''UP000002311'' AND release = ''2026_01'' GROUP BY kind';
COMMENT ON COLUMN nes.release_change.change_id IS 'The change';
COMMENT ON COLUMN nes.release_change.proteome IS 'UPID of the proteome, or the name its user gave; NULL for reference motifs';
COMMENT ON COLUMN nes.release_change.previous_release IS 'Release before, which it is compared with';
COMMENT ON COLUMN nes.release_change.release IS 'Release that brought the change; NULL for reference motifs';
COMMENT ON COLUMN nes.release_change.released IS 'Date of that release; NULL if it is not known';
COMMENT ON COLUMN nes.release_change.kind IS 'new_sequence_version, merged, demerged, deleted, new, moved (between TrEMBL and Swiss-Prot), metadata, isoform_switch, motif_curation or pipeline';
COMMENT ON COLUMN nes.release_change.accession IS 'The protein; NULL if the pipeline changed';
COMMENT ON COLUMN nes.release_change.successors IS 'Merged or demerged: accessions that took its place; deleted: others that have its sequence now; new: accessions whose place it took';
COMMENT ON COLUMN nes.release_change.basis IS 'What says so: secondary_accession or inactive_entry (UniProt), same_sequence, comparison (of the two releases), references, configuration';
COMMENT ON COLUMN nes.release_change.gained IS 'Candidates that were not there before; 0 until both releases are ranked';
COMMENT ON COLUMN nes.release_change.lost IS 'Candidates that are no longer there; 0 until both releases are ranked';
COMMENT ON COLUMN nes.release_change.moved IS 'Candidates at another place or under another accession, or with another probability when the pipeline changed';
COMMENT ON COLUMN nes.release_change.old_sequence_sha256 IS 'SHA-256 of the residues before';
COMMENT ON COLUMN nes.release_change.sequence_sha256 IS 'SHA-256 of the residues since, or of those of the first successor';
COMMENT ON COLUMN nes.release_change.old_configuration_id IS 'Configuration that ranked before, if the pipeline changed; see nes.configuration';
COMMENT ON COLUMN nes.release_change.configuration_id IS 'Configuration that ranks since, if the pipeline changed';
COMMENT ON COLUMN nes.release_change.facts IS 'Details: fields that differ with both values, sites added and removed, reason of a deletion';
COMMENT ON COLUMN nes.release_change.run_id IS 'Run that found it; see nes.run_progress';
COMMENT ON COLUMN nes.release_change.recorded_at IS 'When it was recorded';
