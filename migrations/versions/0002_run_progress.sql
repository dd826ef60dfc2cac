-- A command holds an advisory lock while it runs: a run that is running without one was killed. 1852142450 is "nesr".
CREATE OR REPLACE VIEW nes.run_progress AS
SELECT w.id AS run_id,
       w.kind,
       w.state AS status,
       w.started_at,
       w.finished_at,
       round(w.seconds::numeric, 1) AS seconds,
       w.done AS residues,
       w.total AS residues_total,
       round((w.done / nullif(w.seconds, 0))::numeric, 1) AS residues_per_second,
       CASE WHEN w.state = 'running' AND w.done > 0
            THEN round(((w.total - w.done) * w.seconds / w.done)::numeric, 0) END AS seconds_left,
       w.counts,
       w.device,
       w.error,
       w.settings,
       w.software,
       w.git,
       w.updated_at
  FROM (SELECT v.*,
               CASE WHEN v.state = 'queued' THEN 0
                    ELSE extract(epoch FROM coalesce(v.finished_at, CASE WHEN v.state = 'running' THEN clock_timestamp()
                                                                         ELSE v.updated_at END) - v.started_at)
               END::double precision AS seconds
          FROM (SELECT u.*,
                       (u.counts ->> 'residues')::double precision AS done,
                       (u.counts ->> 'residues_total')::double precision AS total,
                       CASE WHEN u.status = 'running' AND NOT u.queued
                                 AND NOT EXISTS (SELECT FROM pg_locks k
                                                  WHERE k.locktype = 'advisory' AND k.classid = 1852142450
                                                    AND k.objid = u.id::integer::oid AND k.objsubid = 2
                                                    AND k.database = (SELECT oid FROM pg_database
                                                                       WHERE datname = current_database()))
                            THEN 'interrupted' ELSE u.status END AS state
                  FROM nesannot.run u) v) w;
COMMENT ON COLUMN nes.run_progress.status IS 'queued, running, done, failed, stopped (by Ctrl-C or SIGTERM) or interrupted (its process was killed)';
COMMENT ON COLUMN nes.run_progress.started_at IS 'Start, by the database''s clock; while it is queued, when it was deferred';
COMMENT ON COLUMN nes.run_progress.seconds IS 'Duration so far, in seconds; of an interrupted run, until its last sign of life';
