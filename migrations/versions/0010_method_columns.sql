-- No view reads the columns of single methods any more: nes.candidate_change had them from a SELECT *.
DO $$
BEGIN
    EXECUTE 'CREATE OR REPLACE VIEW nes.candidate_change AS '
        || regexp_replace(pg_get_viewdef(CAST('nes.candidate_change' AS regclass)),
                          ',\s*r(_\d+)?\.(consensus|similarity|neural|tagger|biochemical)\M', '', 'g');
END
$$;
ALTER TABLE nesannot.ranked_segment
    DROP COLUMN consensus, DROP COLUMN similarity, DROP COLUMN neural, DROP COLUMN tagger, DROP COLUMN biochemical;
