# Snakemake: from a FASTA file of UniProt (its name holds the UPID) to its ranked candidates.
#   snakemake --snakefile nesannot.smk --cores 4 UP000002311.candidates.tsv
# Scores are kept in the database: a rule that runs again computes what is missing only.

rule nesannot:
    input:
        "{upid}.fasta.gz",
    output:
        "{upid}.candidates.tsv",
    log:
        "{upid}.nesannot.log",
    threads: 4
    resources:
        mem_mb=8000,
        nesannot_database=1,
    shell:
        """
        (
            nesannot ingest proteome {input:q} --upid {wildcards.upid} --replace
            nesannot score {wildcards.upid} --workers {threads} || [ $? -eq 1 ]  # 1: some sequences failed, by name
            nesannot rank {wildcards.upid} --top 0 --format tsv --output {output:q} --force
        ) 2> {log:q}
        """
