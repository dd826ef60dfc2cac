// Nextflow: from a FASTA file of UniProt (its name holds the UPID) to its ranked candidates.
//   nextflow run nesannot.nf --fasta 'proteomes/UP*.fasta.gz'
// Scores are kept in the database that NESANNOT_DATABASE_URL names: a process that runs again computes what is missing only.

nextflow.enable.dsl = 2

params.fasta = 'proteomes/UP*.fasta.gz'
params.outdir = 'candidates'

process NESANNOT {
    tag "${upid}"
    cpus 4
    memory 8.GB
    errorStrategy { task.exitStatus in [69, 75, 143] ? 'retry' : 'terminate' }
    maxRetries 3
    publishDir params.outdir, mode: 'copy'

    input:
    tuple val(upid), path(fasta)

    output:
    tuple val(upid), path("${upid}.candidates.tsv"), emit: candidates

    script:
    """
    nesannot ingest proteome ${fasta} --upid ${upid} --replace
    nesannot score ${upid} --workers ${task.cpus} || [ \$? -eq 1 ]  # 1: some sequences failed, by name
    nesannot rank ${upid} --top 0 --format tsv --output ${upid}.candidates.tsv --force
    """

    stub:
    """
    touch ${upid}.candidates.tsv
    """
}

workflow {
    Channel.fromPath(params.fasta)
        .map { file -> tuple((file.name =~ /UP\d{9}/)[0], file) }
        | NESANNOT
}
