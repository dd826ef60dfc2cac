-- Ten questions to the views, ready to run: nesannot sql --example NAME. Form: "-- name: x", one line that says what it
-- answers, one line ":parameter = default" for each parameter, then the statement. Views are named without their schema.

-- name: supported_by_three
-- Top candidates of a proteome that at least three methods support.
-- :proteome = (SELECT proteome FROM proteome_release WHERE is_newest ORDER BY proteins DESC, proteome LIMIT 1)
-- :methods = 3
SELECT rank, c.accession, c.gene, c.first_residue, c.last_residue, c.peptide, c.probability,
       a.methods_in_favour, a.in_favour
  FROM method_agreement a
  JOIN candidate c USING (proteome, rank)
 WHERE proteome = :proteome AND a.methods_in_favour >= :methods
 ORDER BY rank LIMIT 50;

-- name: in_the_nucleus
-- Candidates in proteins that UniProt places in the nucleus.
-- :proteome = (SELECT proteome FROM proteome_release WHERE is_newest ORDER BY proteins DESC, proteome LIMIT 1)
SELECT c.rank, c.accession, c.gene, c.first_residue, c.last_residue, c.peptide, c.probability, n.locations
  FROM candidate c
  CROSS JOIN LATERAL (SELECT array_agg(a.text ORDER BY a.text) AS locations
                        FROM annotation a
                       WHERE a.accession = c.accession AND a.kind = 'location' AND a.text ILIKE 'nucle%') n
 WHERE c.proteome = :proteome AND n.locations IS NOT NULL
 ORDER BY c.rank LIMIT 50;

-- name: between_releases
-- What changed between two releases of a proteome: proteins that are new, gone, or have another sequence or header.
-- :proteome = (SELECT proteome FROM proteome_release GROUP BY proteome ORDER BY count(*) DESC, proteome LIMIT 1)
-- :before = (SELECT release FROM proteome_release WHERE proteome = :proteome ORDER BY released DESC NULLS LAST, ingested_at DESC OFFSET 1 LIMIT 1)
-- :after = (SELECT release FROM proteome_release WHERE proteome = :proteome ORDER BY released DESC NULLS LAST, ingested_at DESC LIMIT 1)
SELECT coalesce(o.accession, n.accession) AS accession,
       CASE WHEN o.accession IS NULL THEN 'new'
            WHEN n.accession IS NULL THEN 'gone'
            WHEN o.sequence_sha256 <> n.sequence_sha256 THEN 'changed'
            ELSE 'header only' END AS change,
       o.sequence_version AS version_before, n.sequence_version AS version_after,
       o.length AS length_before, n.length AS length_after,
       coalesce(n.gene, o.gene) AS gene
  FROM (SELECT * FROM release_membership WHERE proteome = :proteome AND release = :before) o
  FULL JOIN (SELECT * FROM release_membership WHERE proteome = :proteome AND release = :after) n USING (accession)
 WHERE o.accession IS NULL OR n.accession IS NULL OR o.sequence_sha256 <> n.sequence_sha256 OR o.header <> n.header
 ORDER BY change, accession LIMIT 1000;

-- name: nearest_known
-- The known NES whose embedding is nearest to each of a proteome's best candidates, with its citation.
-- :proteome = (SELECT proteome FROM proteome_release WHERE is_newest ORDER BY proteins DESC, proteome LIMIT 1)
-- :ranks = 50
SELECT n.rank, n.accession, n.first_residue, n.last_residue, n.distance, n.same_protein,
       n.reference_accession, n.reference_gene, n.reference_peptide, n.source, n.citations
  FROM nearest_reference n
 WHERE n.proteome = :proteome AND n.sign = 'motif' AND n.rank <= :ranks
 ORDER BY n.rank;

-- name: nesdb_agreement
-- Agreement with NESdb: the best candidate that shares at least six residues with each curated site of a ranked protein.
-- :source = 'nesdb'
-- :shared = 6
SELECT n.accession, n.gene, n.first_residue, n.last_residue, n.peptide, f.proteome,
       f.rank_of_hit, f.best_rank, f.rank_of_hit IS NOT DISTINCT FROM f.best_rank AS hit_is_best, f.candidates
  FROM reference_nes n
  CROSS JOIN LATERAL (
       SELECT c.proteome, count(*) AS candidates, min(c.rank) AS best_rank,
              min(c.rank) FILTER (WHERE least(c.last_residue, n.last_residue)
                                        - greatest(c.first_residue, n.first_residue) + 1 >= :shared) AS rank_of_hit
         FROM candidate c
        WHERE c.sequence_sha256 = n.sequence_sha256
        GROUP BY c.proteome) f
 WHERE n.source = :source AND n.sign = 'motif' AND n.kind IN ('functional_signal', 'peptide')
 ORDER BY f.rank_of_hit NULLS LAST, n.accession, n.first_residue;

-- name: shared_by_two
-- Candidates that two proteomes share: the same peptide among the best of both.
-- :one = (SELECT proteome FROM proteome_release WHERE is_newest ORDER BY proteins DESC, proteome LIMIT 1)
-- :two = (SELECT proteome FROM proteome_release WHERE is_newest ORDER BY proteins DESC, proteome OFFSET 1 LIMIT 1)
-- :ranks = 1000
SELECT a.peptide, a.accession AS accession_one, a.rank AS rank_one, a.probability AS probability_one,
       b.accession AS accession_two, b.rank AS rank_two, b.probability AS probability_two
  FROM (SELECT * FROM candidate WHERE proteome = :one AND rank <= :ranks) a
  JOIN (SELECT * FROM candidate WHERE proteome = :two AND rank <= :ranks) b USING (peptide)
 ORDER BY a.rank, b.rank;

-- name: best_overall
-- The best candidates of all proteomes in one order.
-- :rows = 100
SELECT overall_rank, proteome, rank, accession, gene, organism, first_residue, last_residue, peptide, probability
  FROM candidate_overall
 WHERE overall_rank <= :rows;

-- name: methods_disagree
-- Where the methods disagree most among a proteome's best candidates.
-- :proteome = (SELECT proteome FROM proteome_release WHERE is_newest ORDER BY proteins DESC, proteome LIMIT 1)
-- :ranks = 1000
SELECT rank, c.accession, c.gene, c.peptide, c.probability, a.lowest, a.highest, a.in_favour,
       c.consensus, c.similarity, c.neural, c.tagger, c.biochemical
  FROM (SELECT * FROM candidate WHERE proteome = :proteome AND rank <= :ranks) c
  JOIN (SELECT * FROM method_agreement WHERE proteome = :proteome AND rank <= :ranks) a USING (proteome, rank)
 ORDER BY a.highest - a.lowest DESC, rank LIMIT 50;

-- name: one_protein
-- All candidates of a protein along its sequence, with every method's score and the evidence behind it.
-- :accession = (SELECT accession FROM candidate WHERE proteome = :proteome AND rank = 1)
-- :proteome = (SELECT proteome FROM proteome_release WHERE is_newest ORDER BY proteins DESC, proteome LIMIT 1)
SELECT c.proteome, c.rank, c.first_residue, c.last_residue, c.peptide, c.probability, s.method, s.raw, s.calibrated, s.evidence
  FROM candidate c
  JOIN candidate_score s ON s.ranking_id = c.ranking_id AND s.rank = c.rank AND s.accession = c.accession
 WHERE c.accession = :accession
 ORDER BY c.proteome, c.first_residue, c.last_residue, s.method;

-- name: where_from
-- What the scores of a candidate depend on: runs, software, weights, parameters, reference set, device, release.
-- :proteome = (SELECT proteome FROM proteome_release WHERE is_newest ORDER BY proteins DESC, proteome LIMIT 1)
-- :rank = 1
SELECT p.accession, p.release, p.method, p.method_version, p.language_model, p.layer, p.weights_sha256, p.segmentation,
       p.head_set_digest, p.references_digest, p.logit_shift, p.scoring_run_id, p.scored_at, p.device, p.git, p.software
  FROM score_provenance p
 WHERE p.proteome = :proteome AND p.rank = :rank
 ORDER BY p.method;
