"""Readers and writers of files: grammar here, no science, no database, no sockets.

One rule for all readers. A reader is a generator over ``path`` (a path, or ``-`` for standard input) that streams good
records and `records.Reject` mixed, in file order::

    for record in read_fasta("proteome.fasta.gz"):
        if isinstance(record, Reject): ...

- A bad record becomes a `Reject` with source, line, accession, field and reason; the records after it go on.
- A bad file (truncated, not UTF-8, HTML, no records at all) raises one `errors.InputError`, possibly after good records
  were yielded. Whoever must write nothing in that case calls `compression.inspect_file` first.
- Lines are 1-based. Spans are 1-based inclusive.

Writers take an iterable of rows or records and a path (or ``-`` for standard output); a file appears under its name
only when it is complete (`writing.open_output`).
"""
