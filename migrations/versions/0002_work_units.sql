-- Work units of deferred runs, runs that wait or were interrupted, and what makes the queue's own objects safe to use.

-- Whoever touches the queue need not set a search path, and its triggers find their tables.
DO $$
DECLARE
    found regprocedure;
BEGIN
    FOR found IN SELECT oid::regprocedure FROM pg_proc WHERE pronamespace = 'queue'::regnamespace LOOP
        EXECUTE format('ALTER FUNCTION %s SET search_path = queue, pg_temp', found);
    END LOOP;
END;
$$;

CREATE FUNCTION queue.refresh_statistics()
    RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = queue, pg_temp
AS $$
BEGIN
    ANALYZE queue.procrastinate_jobs;
    ANALYZE nesannot.work_unit;
END;
$$;
COMMENT ON FUNCTION queue.refresh_statistics() IS 'After thousands of jobs came at once: fetching one is slow until the planner knows of them';
REVOKE EXECUTE ON FUNCTION queue.refresh_statistics() FROM PUBLIC;
COMMENT ON SCHEMA queue IS 'Jobs that wait for workers, as procrastinate keeps them; what they did stands in nesannot.run and nesannot.work_unit';

ALTER TABLE nesannot.run DROP CONSTRAINT ck_run_status_known;
ALTER TABLE nesannot.run ADD CONSTRAINT ck_run_status_known CHECK (status IN ('queued', 'running', 'done', 'failed', 'stopped'));
ALTER TABLE nesannot.run ADD COLUMN queued BOOLEAN DEFAULT false NOT NULL;
ALTER TABLE nesannot.run ADD COLUMN host TEXT DEFAULT '' NOT NULL;
COMMENT ON COLUMN nesannot.run.status IS 'queued, running, done, failed or stopped; a command that was killed stays running here, and is interrupted in nes.run_progress';
COMMENT ON COLUMN nesannot.run.queued IS 'Whether workers do it, not the command that began it';
COMMENT ON COLUMN nesannot.run.host IS 'Machine and process of the command that began it';

CREATE TABLE nesannot.work_unit (
    run_id BIGINT NOT NULL,
    number INTEGER NOT NULL,
    sequence_ids BIGINT[] NOT NULL,
    residues INTEGER NOT NULL,
    attempts SMALLINT DEFAULT 0 NOT NULL,
    worker TEXT,
    started_at TIMESTAMP WITH TIME ZONE,
    error TEXT,
    CONSTRAINT pk_work_unit PRIMARY KEY (run_id, number),
    CONSTRAINT fk_work_unit_run_id_run FOREIGN KEY(run_id) REFERENCES nesannot.run (id) ON DELETE CASCADE
);
COMMENT ON TABLE nesannot.work_unit IS 'What is left of a deferred run: one row for each chunk of sequences that is not finished, or failed; finished ones are removed';
COMMENT ON COLUMN nesannot.work_unit.run_id IS 'The deferred run';
COMMENT ON COLUMN nesannot.work_unit.number IS 'Number within the run, from 1';
COMMENT ON COLUMN nesannot.work_unit.sequence_ids IS 'The sequences';
COMMENT ON COLUMN nesannot.work_unit.residues IS 'Their residues';
COMMENT ON COLUMN nesannot.work_unit.attempts IS 'How often a worker began it and did not give it back';
COMMENT ON COLUMN nesannot.work_unit.worker IS 'Machine and process of the worker that began it last; NULL if it waits';
COMMENT ON COLUMN nesannot.work_unit.started_at IS 'When that was; NULL if it waits';
COMMENT ON COLUMN nesannot.work_unit.error IS 'Why it failed for good; NULL unless it did';
