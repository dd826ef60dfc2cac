"""The ready files parse, name only commands and options that exist, and are as careful as the Compose file."""

import configparser
import re
import shutil
import subprocess
from importlib.resources import files

import pytest
import typer
import yaml

FOLDER = files("nesdb_annot.jobs")
NAMES = (
    *("nesannot-worker.service", "nesannot-reannotate.service", "nesannot-reannotate.timer", "nesannot.cron"),
    *("nesannot-workers.slurm", "kubernetes.yaml", "nesannot.smk", "nesannot.nf"),
)
MODULE = re.compile(r"-m (nesdb_annot\.[\w.]+)")


def text(name):
    return (FOLDER / name).read_text()


def calls(name):
    """Calls of `nesannot` in a file, as words; comments count, since users copy them."""
    if name == "kubernetes.yaml":
        for document in yaml.safe_load_all(text(name)):
            for container in pods(document)["containers"]:
                yield container["args"]
    for line in text(name).splitlines():
        prose = line.lstrip().startswith(("#", "//", "Description="))
        for found in re.findall(r"(?:^|[\s=(/])nesannot ((?:[a-z]+ )*[a-z]+\b[^&|;#)]*)", line):
            words = found.split()
            if words[0] in commands() or not prose:
                yield words


def pods(document):
    spec = document["spec"]
    return (spec["jobTemplate"]["spec"] if document["kind"] == "CronJob" else spec)["template"]["spec"]


def commands():
    from nesdb_annot.cli.main import app

    return typer.main.get_command(app).commands


def check(words):
    """The command and every option of `words` exist; gives its name."""
    known = commands()
    name = []
    while words and words[0] in known:
        name.append(words[0])
        command = known[words[0]]
        known = getattr(command, "commands", {})
        words = words[1:]
    assert name, words
    options = {option for parameter in command.params for option in parameter.opts}
    used = {word.split("=")[0] for word in words if word.startswith("--")}
    assert used <= options, (name, used - options)
    return " ".join(name)


@pytest.mark.parametrize("name", NAMES)
def test_it_calls_what_exists(name):
    called = [check(list(words)) for words in calls(name)]
    modules = MODULE.findall(text(name))
    if not name.endswith(".timer"):
        assert called or modules
    for module in modules:
        assert (FOLDER / f"{module.rpartition('.')[2]}.py").is_file()


def test_a_call_of_what_does_not_exist_is_found():
    for words in (["scroe", "X"], ["worker", "--concurency", "2"]):
        with pytest.raises(AssertionError):
            check(words)
    assert check(["runs", "show", "3"]) == "runs show"


@pytest.mark.parametrize("name", [name for name in NAMES if name.endswith((".service", ".timer"))])
def test_a_unit_of_systemd_parses(name):
    parser = configparser.ConfigParser(strict=False, interpolation=None, comment_prefixes="#", delimiters="=")
    parser.optionxform = str
    parser.read_string(text(name))
    assert parser["Unit"]["Description"]
    if name.endswith(".service"):
        assert parser["Service"]["ExecStart"].startswith("/")
        assert parser["Service"]["DynamicUser"] == "yes"
    else:
        assert re.fullmatch(r"\w{3} \*-\*-\* \d\d:\d\d:\d\d", parser["Timer"]["OnCalendar"])


def test_systemd_itself_accepts_the_units(tmp_path):
    if not shutil.which("systemd-analyze"):
        pytest.skip("no systemd here")
    for name in NAMES[:3]:
        (tmp_path / name).write_text(text(name))
    command = ["systemd-analyze", "verify", "--man=no", *(str(tmp_path / name) for name in NAMES[:3])]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    complaints = [line for line in done.stderr.splitlines() if "is not executable" not in line]
    assert [line for line in complaints if str(tmp_path) in line] == []


def test_the_worker_is_told_to_stop_before_it_is_killed():
    seconds = int(re.search(r"TimeoutStopSec=(\d+)", text("nesannot-worker.service"))[1])
    assert seconds > 10
    assert "SuccessExitStatus=143" in text("nesannot-worker.service")
    deployment = next(yaml.safe_load_all(text("kubernetes.yaml")))
    assert pods(deployment)["terminationGracePeriodSeconds"] > 10


def test_cron_lines_have_five_fields_and_a_command():
    lines = [line for line in text("nesannot.cron").splitlines() if line and not line.startswith("#")]
    assert len(lines) == 2
    for line in lines:
        assert re.fullmatch(r"(?:[\d*,/-]+ +){5}\S.*", line), line


def test_the_slurm_script_is_bash_and_an_array():
    script = text("nesannot-workers.slurm")
    done = subprocess.run(["bash", "-n"], input=script, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    options = re.findall(r"^#SBATCH --([a-z-]+)=?(.*)$", text("nesannot-workers.slurm"), re.MULTILINE)
    assert {"array", "time", "mem", "signal"} <= {name for name, _ in options}
    assert "exec srun nesannot worker --until-empty" in text("nesannot-workers.slurm")


def test_kubernetes_runs_nothing_as_root_and_knows_no_password():
    documents = list(yaml.safe_load_all(text("kubernetes.yaml")))
    assert [document["kind"] for document in documents] == ["Deployment", "CronJob"]
    assert documents[1]["spec"]["concurrencyPolicy"] == "Forbid"
    assert len(documents[1]["spec"]["schedule"].split()) == 5
    for document in documents:
        pod = pods(document)
        assert pod["securityContext"]["runAsNonRoot"] is True
        assert pod["automountServiceAccountToken"] is False
        volumes = {volume["name"] for volume in pod["volumes"]}
        for container in pod["containers"]:
            confined = container["securityContext"]
            assert (confined["readOnlyRootFilesystem"], confined["allowPrivilegeEscalation"]) == (True, False)
            assert confined["capabilities"] == {"drop": ["ALL"]}
            assert {mount["name"] for mount in container["volumeMounts"]} <= volumes
            address = container["env"][0]
            assert address["valueFrom"]["secretKeyRef"] == {"name": "nesannot", "key": "database-url"}
    labels = documents[0]["spec"]["template"]["metadata"]["labels"]
    assert documents[0]["spec"]["selector"]["matchLabels"] == labels


def test_kubernetes_own_schemas_accept_the_documents():
    schemas = pytest.importorskip("kubernetes_validate")
    for document in yaml.safe_load_all(text("kubernetes.yaml")):
        assert schemas.validate(document, schemas.latest_version(), strict=True)


def test_snakemake_itself_reads_the_rule(tmp_path):
    if not shutil.which("snakemake"):
        pytest.skip("no snakemake here")
    (tmp_path / "UP000000001.fasta.gz").touch()
    command = ["snakemake", "--snakefile", str(FOLDER / "nesannot.smk"), "--cores", "1", "--dry-run"]
    target = "UP000000001.candidates.tsv"
    done = subprocess.run([*command, target], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert target in done.stdout + done.stderr


def test_workflow_files_name_what_they_read_and_write():
    rule = text("nesannot.smk")
    for word in ("rule nesannot:", "input:", "output:", "threads:", "shell:"):
        assert word in rule
    process = text("nesannot.nf")
    assert process.count("{") == process.count("}")
    for word in ("process NESANNOT {", "input:", "output:", "script:", "stub:", "workflow {"):
        assert word in process
    for shell in (rule, process):
        assert "ingest proteome" in shell
        assert "--output" in shell


@pytest.mark.parametrize("name", ["nesannot.smk", "nesannot.nf"])
def test_a_pipeline_replaces_an_input_and_an_output_that_changed(name):
    by_command = {words[0]: words for words in calls(name) if "--upid" in words or "--output" in words}
    assert "--replace" in by_command["ingest"]
    assert "--force" in by_command["rank"]
