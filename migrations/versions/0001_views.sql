-- What analysts read. Every view and every column carries a COMMENT (a test sees to it).
CREATE SCHEMA nes;
COMMENT ON SCHEMA nes IS 'Documented views for analysts. Spans are 1-based inclusive; probabilities name their population in nes.score_provenance';

CREATE VIEW nes.candidate_all AS
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
       r.is_current
  FROM nesannot.ranked_segment r
  JOIN nesannot.ranking k ON k.id = r.ranking_id
  JOIN nesannot.release l ON l.id = k.release_id
  JOIN nesannot.sequence s ON s.id = r.sequence_id
  LEFT JOIN nesannot.membership m ON m.id = r.membership_id
  LEFT JOIN nesannot.protein p ON p.id = m.protein_id;
COMMENT ON VIEW nes.candidate_all IS 'Ranked candidates of every ranking that is kept, one row for each segment of each distinct sequence; for the current rankings only, see nes.candidate';
COMMENT ON COLUMN nes.candidate_all.proteome IS 'UPID of the proteome, or the name its user gave';
COMMENT ON COLUMN nes.candidate_all.release IS 'Release of the proteome';
COMMENT ON COLUMN nes.candidate_all.rank IS 'Place within proteome and release, from 1: by probability, then digest of the sequence, then position';
COMMENT ON COLUMN nes.candidate_all.accession IS 'Accession; where several proteins share the sequence, a reviewed one, first in the alphabet';
COMMENT ON COLUMN nes.candidate_all.entry_name IS 'UniProt entry name';
COMMENT ON COLUMN nes.candidate_all.gene IS 'Gene name';
COMMENT ON COLUMN nes.candidate_all.protein_name IS 'Name of the protein';
COMMENT ON COLUMN nes.candidate_all.first_residue IS 'First residue of the candidate, 1-based';
COMMENT ON COLUMN nes.candidate_all.last_residue IS 'Last residue of the candidate, inclusive';
COMMENT ON COLUMN nes.candidate_all.peptide IS 'Residues of the candidate';
COMMENT ON COLUMN nes.candidate_all.nes_class IS 'Class of the best matching consensus pattern (1a 1b 1c 1d 2 3 4, -R for reverse); NULL if none matches';
COMMENT ON COLUMN nes.candidate_all.core_positions IS 'Positions of the core residues of that match in the protein, 1-based, ascending; one may lie just outside the candidate';
COMMENT ON COLUMN nes.candidate_all.probability IS 'Probability of a functional motif under the cargo prior of this ranking; what the rank follows';
COMMENT ON COLUMN nes.candidate_all.q_value IS 'Expected share of false positives among all candidates down to this one; NULL if it was not estimated';
COMMENT ON COLUMN nes.candidate_all.consensus IS 'Calibrated score of the consensus patterns, 0 to 1, before the prior; NULL if the method was not used';
COMMENT ON COLUMN nes.candidate_all.similarity IS 'Calibrated score of the similarity to known motifs, 0 to 1, before the prior; NULL if not used';
COMMENT ON COLUMN nes.candidate_all.neural IS 'Calibrated score of the neural classifier, 0 to 1, before the prior; NULL if not used';
COMMENT ON COLUMN nes.candidate_all.tagger IS 'Calibrated score of the residue tagger, 0 to 1, before the prior; NULL if not used';
COMMENT ON COLUMN nes.candidate_all.biochemical IS 'Calibrated score of the biochemical properties, 0 to 1, before the prior; NULL if not used';
COMMENT ON COLUMN nes.candidate_all.combined IS 'Calibrated combined score, 0 to 1, before the prior';
COMMENT ON COLUMN nes.candidate_all.length IS 'Length of the protein in residues';
COMMENT ON COLUMN nes.candidate_all.reviewed IS 'Whether the entry is from Swiss-Prot';
COMMENT ON COLUMN nes.candidate_all.organism IS 'Organism';
COMMENT ON COLUMN nes.candidate_all.accessions IS 'All accessions of this release that have this very sequence';
COMMENT ON COLUMN nes.candidate_all.motif IS 'Which motif it is a candidate for';
COMMENT ON COLUMN nes.candidate_all.sequence_sha256 IS 'SHA-256 of the residues of the protein';
COMMENT ON COLUMN nes.candidate_all.segment IS 'Number of the segment within the sequence, from 1';
COMMENT ON COLUMN nes.candidate_all.configuration_id IS 'Configuration of models and methods; see nes.configuration';
COMMENT ON COLUMN nes.candidate_all.run_id IS 'Run that ranked; see nes.run_progress. Runs that scored stand in nes.score_provenance';
COMMENT ON COLUMN nes.candidate_all.ranking_id IS 'The ranking';
COMMENT ON COLUMN nes.candidate_all.is_current IS 'Whether the ranking is the latest one of the newest ranked release of its proteome';

CREATE VIEW nes.candidate AS
SELECT proteome, release, rank, accession, entry_name, gene, protein_name, first_residue, last_residue, peptide, nes_class,
       core_positions, probability, q_value, consensus, similarity, neural, tagger, biochemical, combined, length, reviewed,
       organism, accessions, motif, sequence_sha256, segment, configuration_id, run_id, ranking_id
  FROM nes.candidate_all
 WHERE is_current;
COMMENT ON VIEW nes.candidate IS 'Ranked candidates: the latest ranking of the newest release of each proteome. Example: SELECT * FROM nes.candidate WHERE proteome = ''UP000002311'' ORDER BY rank LIMIT 20';
COMMENT ON COLUMN nes.candidate.proteome IS 'UPID of the proteome, or the name its user gave';
COMMENT ON COLUMN nes.candidate.release IS 'Release of the proteome';
COMMENT ON COLUMN nes.candidate.rank IS 'Place within proteome and release, from 1: by probability, then digest of the sequence, then position';
COMMENT ON COLUMN nes.candidate.accession IS 'Accession; where several proteins share the sequence, a reviewed one, first in the alphabet';
COMMENT ON COLUMN nes.candidate.entry_name IS 'UniProt entry name';
COMMENT ON COLUMN nes.candidate.gene IS 'Gene name';
COMMENT ON COLUMN nes.candidate.protein_name IS 'Name of the protein';
COMMENT ON COLUMN nes.candidate.first_residue IS 'First residue of the candidate, 1-based';
COMMENT ON COLUMN nes.candidate.last_residue IS 'Last residue of the candidate, inclusive';
COMMENT ON COLUMN nes.candidate.peptide IS 'Residues of the candidate';
COMMENT ON COLUMN nes.candidate.nes_class IS 'Class of the best matching consensus pattern (1a 1b 1c 1d 2 3 4, -R for reverse); NULL if none matches';
COMMENT ON COLUMN nes.candidate.core_positions IS 'Positions of the core residues of that match in the protein, 1-based, ascending; one may lie just outside the candidate';
COMMENT ON COLUMN nes.candidate.probability IS 'Probability of a functional motif under the cargo prior of this ranking; what the rank follows';
COMMENT ON COLUMN nes.candidate.q_value IS 'Expected share of false positives among all candidates down to this one; NULL if it was not estimated';
COMMENT ON COLUMN nes.candidate.consensus IS 'Calibrated score of the consensus patterns, 0 to 1, before the prior; NULL if the method was not used';
COMMENT ON COLUMN nes.candidate.similarity IS 'Calibrated score of the similarity to known motifs, 0 to 1, before the prior; NULL if not used';
COMMENT ON COLUMN nes.candidate.neural IS 'Calibrated score of the neural classifier, 0 to 1, before the prior; NULL if not used';
COMMENT ON COLUMN nes.candidate.tagger IS 'Calibrated score of the residue tagger, 0 to 1, before the prior; NULL if not used';
COMMENT ON COLUMN nes.candidate.biochemical IS 'Calibrated score of the biochemical properties, 0 to 1, before the prior; NULL if not used';
COMMENT ON COLUMN nes.candidate.combined IS 'Calibrated combined score, 0 to 1, before the prior';
COMMENT ON COLUMN nes.candidate.length IS 'Length of the protein in residues';
COMMENT ON COLUMN nes.candidate.reviewed IS 'Whether the entry is from Swiss-Prot';
COMMENT ON COLUMN nes.candidate.organism IS 'Organism';
COMMENT ON COLUMN nes.candidate.accessions IS 'All accessions of this release that have this very sequence';
COMMENT ON COLUMN nes.candidate.motif IS 'Which motif it is a candidate for';
COMMENT ON COLUMN nes.candidate.sequence_sha256 IS 'SHA-256 of the residues of the protein';
COMMENT ON COLUMN nes.candidate.segment IS 'Number of the segment within the sequence, from 1';
COMMENT ON COLUMN nes.candidate.configuration_id IS 'Configuration of models and methods; see nes.configuration';
COMMENT ON COLUMN nes.candidate.run_id IS 'Run that ranked; see nes.run_progress. Runs that scored stand in nes.score_provenance';
COMMENT ON COLUMN nes.candidate.ranking_id IS 'The ranking';

CREATE VIEW nes.candidate_score AS
SELECT r.proteome,
       r.rank,
       p.accession,
       r.first_residue,
       r.last_residue,
       c.name AS method,
       x.raw,
       x.calibrated,
       x.evidence,
       k.configuration_id,
       r.ranking_id
  FROM nesannot.ranked_segment r
  JOIN nesannot.ranking k ON k.id = r.ranking_id
  JOIN nesannot.configuration_method c ON c.configuration_id = k.configuration_id
  JOIN nesannot.method_score x ON x.configuration_id = k.configuration_id AND x.sequence_id = r.sequence_id
                              AND x.segment = r.segment AND x.method_id = c.method_id
  LEFT JOIN nesannot.membership m ON m.id = r.membership_id
  LEFT JOIN nesannot.protein p ON p.id = m.protein_id
 WHERE r.is_current;
COMMENT ON VIEW nes.candidate_score IS 'Scores of the current candidates in long form, one row for each candidate and method, with the evidence';
COMMENT ON COLUMN nes.candidate_score.proteome IS 'UPID of the proteome, or the name its user gave';
COMMENT ON COLUMN nes.candidate_score.rank IS 'Place of the candidate';
COMMENT ON COLUMN nes.candidate_score.accession IS 'Accession';
COMMENT ON COLUMN nes.candidate_score.first_residue IS 'First residue of the candidate, 1-based';
COMMENT ON COLUMN nes.candidate_score.last_residue IS 'Last residue of the candidate, inclusive';
COMMENT ON COLUMN nes.candidate_score.method IS 'Name of the method';
COMMENT ON COLUMN nes.candidate_score.raw IS 'Score on the method''s own scale';
COMMENT ON COLUMN nes.candidate_score.calibrated IS 'Calibrated score, 0 to 1, before the prior';
COMMENT ON COLUMN nes.candidate_score.evidence IS 'What the score rests on: pattern and core, nearest references, contributions';
COMMENT ON COLUMN nes.candidate_score.configuration_id IS 'Configuration of models and methods';
COMMENT ON COLUMN nes.candidate_score.ranking_id IS 'The ranking';

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
       s.sha256 AS sequence_sha256
  FROM nesannot.proteome o
  JOIN LATERAL (SELECT * FROM nesannot.release n WHERE n.proteome_id = o.id ORDER BY n.effective DESC LIMIT 1) l ON true
  JOIN nesannot.membership m ON m.proteome_id = o.id AND m.valid_to IS NULL
  JOIN nesannot.protein p ON p.id = m.protein_id
  JOIN nesannot.sequence s ON s.id = m.sequence_id
  LEFT JOIN LATERAL (
       SELECT r.rank, r.probability, r.first_residue, r.last_residue, count(*) OVER () AS candidates
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

CREATE VIEW nes.method_agreement AS
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
COMMENT ON COLUMN nes.method_agreement.proteome IS 'UPID of the proteome, or the name its user gave';
COMMENT ON COLUMN nes.method_agreement.rank IS 'Place of the candidate';
COMMENT ON COLUMN nes.method_agreement.accession IS 'Accession';
COMMENT ON COLUMN nes.method_agreement.first_residue IS 'First residue of the candidate, 1-based';
COMMENT ON COLUMN nes.method_agreement.last_residue IS 'Last residue of the candidate, inclusive';
COMMENT ON COLUMN nes.method_agreement.probability IS 'Probability of the candidate';
COMMENT ON COLUMN nes.method_agreement.methods_scored IS 'Number of independent methods that scored it';
COMMENT ON COLUMN nes.method_agreement.methods_in_favour IS 'How many of them give it a calibrated score of at least 0.5';
COMMENT ON COLUMN nes.method_agreement.in_favour IS 'Which ones';
COMMENT ON COLUMN nes.method_agreement.lowest IS 'Lowest of their calibrated scores';
COMMENT ON COLUMN nes.method_agreement.highest IS 'Highest of their calibrated scores';
COMMENT ON COLUMN nes.method_agreement.ranking_id IS 'The ranking';

CREATE VIEW nes.score_provenance AS
SELECT r.proteome,
       l.name AS release,
       r.rank,
       p.accession,
       r.first_residue,
       r.last_residue,
       c.name AS method,
       t.version AS method_version,
       t.parameters AS method_parameters,
       t.training_digest,
       e.name AS language_model,
       e.layer,
       e.weights_sha256,
       e.long_rule,
       g.algorithm AS segmentation,
       g.version AS segmentation_version,
       g.parameters AS segmentation_parameters,
       f.head_set_digest,
       h.references_digest,
       k.logit_shift,
       d.run_id AS scoring_run_id,
       d.scored_at,
       u.software,
       u.git,
       u.device,
       k.run_id AS ranking_run_id,
       l.run_id AS ingest_run_id,
       k.configuration_id
  FROM nesannot.ranked_segment r
  JOIN nesannot.ranking k ON k.id = r.ranking_id
  JOIN nesannot.release l ON l.id = k.release_id
  JOIN nesannot.configuration f ON f.id = k.configuration_id
  JOIN nesannot.language_model e ON e.id = f.language_model_id
  JOIN nesannot.segmentation g ON g.id = f.segmentation_id
  JOIN nesannot.configuration_method c ON c.configuration_id = f.id
  JOIN nesannot.method t ON t.id = c.method_id
  JOIN nesannot.scored_sequence d ON d.configuration_id = k.configuration_id AND d.sequence_id = r.sequence_id
  JOIN nesannot.run u ON u.id = d.run_id
  LEFT JOIN nesannot.head_set h ON h.digest = f.head_set_digest
  LEFT JOIN nesannot.membership m ON m.id = r.membership_id
  LEFT JOIN nesannot.protein p ON p.id = m.protein_id
 WHERE r.is_current;
COMMENT ON VIEW nes.score_provenance IS 'What each score of each current candidate depends on: method, model, weights, parameters, references, software, device, release and runs';
COMMENT ON COLUMN nes.score_provenance.proteome IS 'UPID of the proteome, or the name its user gave';
COMMENT ON COLUMN nes.score_provenance.release IS 'Release of the proteome';
COMMENT ON COLUMN nes.score_provenance.rank IS 'Place of the candidate';
COMMENT ON COLUMN nes.score_provenance.accession IS 'Accession';
COMMENT ON COLUMN nes.score_provenance.first_residue IS 'First residue of the candidate, 1-based';
COMMENT ON COLUMN nes.score_provenance.last_residue IS 'Last residue of the candidate, inclusive';
COMMENT ON COLUMN nes.score_provenance.method IS 'Name of the method';
COMMENT ON COLUMN nes.score_provenance.method_version IS 'Version of the method';
COMMENT ON COLUMN nes.score_provenance.method_parameters IS 'Parameters of the method';
COMMENT ON COLUMN nes.score_provenance.training_digest IS 'SHA-256 of what the method was trained on; empty if untrained';
COMMENT ON COLUMN nes.score_provenance.language_model IS 'Name of the language model';
COMMENT ON COLUMN nes.score_provenance.layer IS 'Layer whose output is the embedding';
COMMENT ON COLUMN nes.score_provenance.weights_sha256 IS 'SHA-256 of its file of weights';
COMMENT ON COLUMN nes.score_provenance.long_rule IS 'How proteins longer than one pass were embedded';
COMMENT ON COLUMN nes.score_provenance.segmentation IS 'Segmentation algorithm';
COMMENT ON COLUMN nes.score_provenance.segmentation_version IS 'Version of the segmentation';
COMMENT ON COLUMN nes.score_provenance.segmentation_parameters IS 'Parameters of the segmentation';
COMMENT ON COLUMN nes.score_provenance.head_set_digest IS 'SHA-256 of the trained heads; empty if none were used';
COMMENT ON COLUMN nes.score_provenance.references_digest IS 'SHA-256 of the reference motifs that the heads were fitted on';
COMMENT ON COLUMN nes.score_provenance.logit_shift IS 'The prior: what the ranking added to the logit of the calibrated combined score';
COMMENT ON COLUMN nes.score_provenance.scoring_run_id IS 'Run that scored the sequence';
COMMENT ON COLUMN nes.score_provenance.scored_at IS 'When it was scored';
COMMENT ON COLUMN nes.score_provenance.software IS 'Versions of the software that scored';
COMMENT ON COLUMN nes.score_provenance.git IS 'Commit that scored; empty for an installed package';
COMMENT ON COLUMN nes.score_provenance.device IS 'Device that scored';
COMMENT ON COLUMN nes.score_provenance.ranking_run_id IS 'Run that ranked';
COMMENT ON COLUMN nes.score_provenance.ingest_run_id IS 'Run that ingested the release';
COMMENT ON COLUMN nes.score_provenance.configuration_id IS 'Configuration of models and methods';

CREATE VIEW nes.run_progress AS
SELECT w.id AS run_id,
       w.kind,
       w.status,
       w.started_at,
       w.finished_at,
       round(w.seconds::numeric, 1) AS seconds,
       w.done AS residues,
       w.total AS residues_total,
       round((w.done / nullif(w.seconds, 0))::numeric, 1) AS residues_per_second,
       CASE WHEN w.status = 'running' AND w.done > 0
            THEN round(((w.total - w.done) * w.seconds / w.done)::numeric, 0) END AS seconds_left,
       w.counts,
       w.device,
       w.error,
       w.settings,
       w.software,
       w.git,
       w.updated_at
  FROM (SELECT u.*,
               (u.counts ->> 'residues')::double precision AS done,
               (u.counts ->> 'residues_total')::double precision AS total,
               extract(epoch FROM coalesce(u.finished_at, clock_timestamp()) - u.started_at)::double precision AS seconds
          FROM nesannot.run u) w;
COMMENT ON VIEW nes.run_progress IS 'All runs: what they did, with what, how far they are and how they ended';
COMMENT ON COLUMN nes.run_progress.run_id IS 'Number of the run';
COMMENT ON COLUMN nes.run_progress.kind IS 'What it does: ingest, train, score, rank, ...';
COMMENT ON COLUMN nes.run_progress.status IS 'running, done, failed or stopped';
COMMENT ON COLUMN nes.run_progress.started_at IS 'Start, by the database''s clock';
COMMENT ON COLUMN nes.run_progress.finished_at IS 'End; NULL while it runs';
COMMENT ON COLUMN nes.run_progress.seconds IS 'Duration so far, in seconds';
COMMENT ON COLUMN nes.run_progress.residues IS 'Residues scored so far; NULL if the run does not score';
COMMENT ON COLUMN nes.run_progress.residues_total IS 'Residues to score in all';
COMMENT ON COLUMN nes.run_progress.residues_per_second IS 'Residues per second';
COMMENT ON COLUMN nes.run_progress.seconds_left IS 'Estimate of the seconds left; NULL unless it is running';
COMMENT ON COLUMN nes.run_progress.counts IS 'What was done, by name';
COMMENT ON COLUMN nes.run_progress.device IS 'Device that computed; empty if none did';
COMMENT ON COLUMN nes.run_progress.error IS 'Why it failed; empty if it did not';
COMMENT ON COLUMN nes.run_progress.settings IS 'Settings and arguments, without secrets';
COMMENT ON COLUMN nes.run_progress.software IS 'Versions of the software';
COMMENT ON COLUMN nes.run_progress.git IS 'Commit of the checkout; empty for an installed package';
COMMENT ON COLUMN nes.run_progress.updated_at IS 'Last sign of life';

CREATE VIEW nes.reference_nes AS
SELECT e.source,
       e.entry_id,
       e.accession,
       e.protein_name,
       e.gene,
       e.organism,
       t.kind,
       t.sign,
       t.first_residue,
       t.last_residue,
       substr(s.residues, t.first_residue, t.last_residue - t.first_residue + 1) AS peptide,
       t.note,
       e.doubtful,
       e.evidence,
       e.citations,
       s.sha256 AS sequence_sha256,
       s.length,
       e.run_id
  FROM nesannot.reference_entry e
  JOIN nesannot.reference_motif t ON t.reference_entry_id = e.id
  JOIN nesannot.sequence s ON s.id = e.sequence_id
 WHERE e.motif = 'NES';
COMMENT ON VIEW nes.reference_nes IS 'Experimentally studied sites of nuclear export, one row for each site, with source, evidence and citation';
COMMENT ON COLUMN nes.reference_nes.source IS 'nesdb, uniprot, bundled, or user:NAME';
COMMENT ON COLUMN nes.reference_nes.entry_id IS 'Identifier of the entry within its source';
COMMENT ON COLUMN nes.reference_nes.accession IS 'Accession that the source gives';
COMMENT ON COLUMN nes.reference_nes.protein_name IS 'Name of the protein';
COMMENT ON COLUMN nes.reference_nes.gene IS 'Gene name';
COMMENT ON COLUMN nes.reference_nes.organism IS 'Organism';
COMMENT ON COLUMN nes.reference_nes.kind IS 'functional_signal, peptide, export_mutation or binding_mutation';
COMMENT ON COLUMN nes.reference_nes.sign IS 'motif, non_motif (tested, and is none) or doubtful';
COMMENT ON COLUMN nes.reference_nes.first_residue IS 'First residue of the site, 1-based';
COMMENT ON COLUMN nes.reference_nes.last_residue IS 'Last residue of the site, inclusive';
COMMENT ON COLUMN nes.reference_nes.peptide IS 'Residues of the site';
COMMENT ON COLUMN nes.reference_nes.note IS 'What the source adds; empty if nothing';
COMMENT ON COLUMN nes.reference_nes.doubtful IS 'Whether the source itself doubts the entry';
COMMENT ON COLUMN nes.reference_nes.evidence IS 'Evidence terms of the source';
COMMENT ON COLUMN nes.reference_nes.citations IS 'PMID:..., doi:... or free text';
COMMENT ON COLUMN nes.reference_nes.sequence_sha256 IS 'SHA-256 of the residues of the protein';
COMMENT ON COLUMN nes.reference_nes.length IS 'Length of the protein in residues';
COMMENT ON COLUMN nes.reference_nes.run_id IS 'Run that wrote this state of the entry';

CREATE VIEW nes.annotation AS
SELECT p.accession,
       a.kind,
       a.identifier,
       a.text,
       a.first_residue,
       a.last_residue,
       a.evidence,
       a.run_id
  FROM nesannot.annotation a
  JOIN nesannot.protein p ON p.id = a.protein_id;
COMMENT ON VIEW nes.annotation IS 'What UniProt says about proteins: locations, keywords, GO terms, features with their spans';
COMMENT ON COLUMN nes.annotation.accession IS 'Accession';
COMMENT ON COLUMN nes.annotation.kind IS 'location, keyword, go or feature';
COMMENT ON COLUMN nes.annotation.identifier IS 'SL-0191, KW-0539, GO:0005634; for a feature its key, e.g. MOTIF';
COMMENT ON COLUMN nes.annotation.text IS 'Name of the term, or note of the feature';
COMMENT ON COLUMN nes.annotation.first_residue IS 'First residue of a feature, 1-based; NULL for the whole protein';
COMMENT ON COLUMN nes.annotation.last_residue IS 'Last residue of a feature, inclusive; NULL for the whole protein';
COMMENT ON COLUMN nes.annotation.evidence IS 'ECO codes, each with its source where one is given';
COMMENT ON COLUMN nes.annotation.run_id IS 'Run that ingested it';

CREATE VIEW nes.proteome_release AS
SELECT o.name AS proteome,
       o.title,
       o.taxon_id,
       l.name AS release,
       l.released,
       l.proteins,
       NOT EXISTS (SELECT FROM nesannot.release n WHERE n.proteome_id = l.proteome_id AND n.effective > l.effective) AS is_newest,
       l.ingested_at,
       l.run_id
  FROM nesannot.release l
  JOIN nesannot.proteome o ON o.id = l.proteome_id;
COMMENT ON VIEW nes.proteome_release IS 'Ingested releases of each proteome';
COMMENT ON COLUMN nes.proteome_release.proteome IS 'UPID of the proteome, or the name its user gave';
COMMENT ON COLUMN nes.proteome_release.title IS 'Name in words, usually the organism';
COMMENT ON COLUMN nes.proteome_release.taxon_id IS 'NCBI taxonomy identifier';
COMMENT ON COLUMN nes.proteome_release.release IS 'Name of the release';
COMMENT ON COLUMN nes.proteome_release.released IS 'Date of the release; NULL if it is not known';
COMMENT ON COLUMN nes.proteome_release.proteins IS 'Number of proteins';
COMMENT ON COLUMN nes.proteome_release.is_newest IS 'Whether it is the newest release of the proteome, by date';
COMMENT ON COLUMN nes.proteome_release.ingested_at IS 'When it was ingested';
COMMENT ON COLUMN nes.proteome_release.run_id IS 'Run that ingested it';

CREATE VIEW nes.release_membership AS
SELECT o.name AS proteome,
       l.name AS release,
       l.released,
       p.accession,
       m.entry_name,
       m.gene,
       m.protein_name,
       m.organism,
       m.taxon_id,
       m.reviewed,
       m.isoform,
       m.sequence_version,
       m.existence,
       m.fragment,
       s.length,
       s.sha256 AS sequence_sha256,
       s.md5 AS sequence_md5,
       m.header,
       m.valid_from,
       m.valid_to
  FROM nesannot.release l
  JOIN nesannot.proteome o ON o.id = l.proteome_id
  JOIN nesannot.membership m ON m.proteome_id = l.proteome_id AND m.valid_from <= l.effective
                            AND (m.valid_to IS NULL OR m.valid_to > l.effective)
  JOIN nesannot.protein p ON p.id = m.protein_id
  JOIN nesannot.sequence s ON s.id = m.sequence_id;
COMMENT ON VIEW nes.release_membership IS 'Which protein had which sequence and header in which release of which proteome';
COMMENT ON COLUMN nes.release_membership.proteome IS 'UPID of the proteome, or the name its user gave';
COMMENT ON COLUMN nes.release_membership.release IS 'Release of the proteome';
COMMENT ON COLUMN nes.release_membership.released IS 'Date of the release; NULL if it is not known';
COMMENT ON COLUMN nes.release_membership.accession IS 'Accession';
COMMENT ON COLUMN nes.release_membership.entry_name IS 'UniProt entry name';
COMMENT ON COLUMN nes.release_membership.gene IS 'Gene name';
COMMENT ON COLUMN nes.release_membership.protein_name IS 'Name of the protein';
COMMENT ON COLUMN nes.release_membership.organism IS 'Organism';
COMMENT ON COLUMN nes.release_membership.taxon_id IS 'NCBI taxonomy identifier';
COMMENT ON COLUMN nes.release_membership.reviewed IS 'Whether the entry is from Swiss-Prot';
COMMENT ON COLUMN nes.release_membership.isoform IS 'Number of the isoform; NULL for the canonical one';
COMMENT ON COLUMN nes.release_membership.sequence_version IS 'UniProt''s sequence version; isoforms have none';
COMMENT ON COLUMN nes.release_membership.existence IS 'UniProt''s protein existence level, 1 to 5';
COMMENT ON COLUMN nes.release_membership.fragment IS 'Whether the sequence is a fragment';
COMMENT ON COLUMN nes.release_membership.length IS 'Length in residues';
COMMENT ON COLUMN nes.release_membership.sequence_sha256 IS 'SHA-256 of the residues';
COMMENT ON COLUMN nes.release_membership.sequence_md5 IS 'MD5 of the residues, as UniProt publishes it';
COMMENT ON COLUMN nes.release_membership.header IS 'Raw header; empty if the source had none';
COMMENT ON COLUMN nes.release_membership.valid_from IS 'Date of the first release that says so';
COMMENT ON COLUMN nes.release_membership.valid_to IS 'Date of the first later release that no longer says so; NULL if the newest still does';

CREATE VIEW nes.configuration AS
SELECT f.id AS configuration_id,
       f.motif,
       e.name AS language_model,
       e.layer,
       e.dimension,
       e.weights_sha256,
       g.algorithm AS segmentation,
       g.version AS segmentation_version,
       (SELECT array_agg(c.name ORDER BY c.name)
          FROM nesannot.configuration_method c WHERE c.configuration_id = f.id) AS methods,
       f.head_set_digest,
       f.digest,
       f.created_at
  FROM nesannot.configuration f
  JOIN nesannot.language_model e ON e.id = f.language_model_id
  JOIN nesannot.segmentation g ON g.id = f.segmentation_id;
COMMENT ON VIEW nes.configuration IS 'Configurations: language model, segmentation, methods and trained heads that scores depend on';
COMMENT ON COLUMN nes.configuration.configuration_id IS 'Number of the configuration';
COMMENT ON COLUMN nes.configuration.motif IS 'Which motif is scored';
COMMENT ON COLUMN nes.configuration.language_model IS 'Name of the language model';
COMMENT ON COLUMN nes.configuration.layer IS 'Layer whose output is the embedding';
COMMENT ON COLUMN nes.configuration.dimension IS 'Numbers per residue';
COMMENT ON COLUMN nes.configuration.weights_sha256 IS 'SHA-256 of the file of weights';
COMMENT ON COLUMN nes.configuration.segmentation IS 'Segmentation algorithm';
COMMENT ON COLUMN nes.configuration.segmentation_version IS 'Version of the segmentation';
COMMENT ON COLUMN nes.configuration.methods IS 'Names of the methods';
COMMENT ON COLUMN nes.configuration.head_set_digest IS 'SHA-256 of the trained heads; empty if none';
COMMENT ON COLUMN nes.configuration.digest IS 'SHA-256 over all of it';
COMMENT ON COLUMN nes.configuration.created_at IS 'When it was first used';
