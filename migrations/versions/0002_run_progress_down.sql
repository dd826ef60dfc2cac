-- The view as the version before had it.
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
