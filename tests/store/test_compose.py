"""docker-compose.yml is valid against the Compose schema (the parts that it may use), and keeps its doors shut."""

import re
from pathlib import Path

import jsonschema
import pytest
import yaml

TEXTS = {"type": "array", "items": {"type": "string"}, "uniqueItems": True}
COMMAND = {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}, {"type": "null"}]}
NAMED = {"type": "object", "patternProperties": {r"^[a-zA-Z0-9._-]+$": {}}, "additionalProperties": False}
DURATION = {"type": "string", "pattern": r"^(\d+(us|ms|s|m|h))+$"}
MAPPING = {"type": "object", "patternProperties": {".+": {"type": ["string", "number", "boolean", "null"]}}}

SERVICE = {
    "type": "object",
    "additionalProperties": False,
    "patternProperties": {"^x-": {}},
    "anyOf": [{"required": ["image"]}, {"required": ["build"]}],
    "properties": {
        "image": {"type": "string", "pattern": r"^[a-z0-9._/-]+:[\w.-]+(@sha256:[0-9a-f]{64})?$"},
        "build": {
            "type": "object",
            "additionalProperties": False,
            "not": {"required": ["dockerfile", "dockerfile_inline"]},
            "properties": {
                "args": MAPPING,
                **{name: {"type": "string"} for name in ("context", "dockerfile", "dockerfile_inline", "target")},
            },
        },
        "cap_drop": TEXTS,
        "command": COMMAND,
        "depends_on": {
            "type": "object",
            "patternProperties": {
                ".+": {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["condition"],
                    "properties": {
                        "condition": {"enum": ["service_started", "service_healthy", "service_completed_successfully"]},
                        "required": {"type": "boolean"},
                        "restart": {"type": ["string", "boolean"]},
                    },
                }
            },
        },
        "entrypoint": COMMAND,
        "environment": MAPPING,
        "healthcheck": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "test": COMMAND,
                "interval": DURATION,
                "timeout": DURATION,
                "start_period": DURATION,
                "start_interval": DURATION,
                "retries": {"type": "integer"},
                "disable": {"type": "boolean"},
            },
        },
        "ports": TEXTS,
        "profiles": TEXTS,
        "read_only": {"type": "boolean"},
        "restart": {"type": "string", "pattern": r"^(no|always|unless-stopped|on-failure(:\d+)?)$"},
        "secrets": TEXTS,
        "security_opt": TEXTS,
        "shm_size": {"type": ["string", "number"]},
        "stop_grace_period": DURATION,
        "tmpfs": {"oneOf": [{"type": "string"}, TEXTS]},
        "user": {"type": "string"},
        "volumes": TEXTS,
        "working_dir": {"type": "string"},
    },
}
SCHEMA = {
    "type": "object",
    "additionalProperties": False,
    "patternProperties": {"^x-": {}},
    "required": ["services"],
    "properties": {
        "name": {"type": "string", "pattern": "^[a-z0-9][a-z0-9_-]*$"},
        "services": {
            "type": "object",
            "patternProperties": {r"^[a-zA-Z0-9._-]+$": SERVICE},
            "additionalProperties": False,
        },
        "volumes": NAMED,
        "networks": NAMED,
        "secrets": {
            "type": "object",
            "patternProperties": {
                ".+": {
                    "type": "object",
                    "additionalProperties": False,
                    "properties": {name: {"type": "string"} for name in ("file", "environment", "name")},
                }
            },
        },
    },
}

PATH = Path(__file__).resolve().parents[2] / "docker-compose.yml"


@pytest.fixture(scope="module")
def compose():
    return yaml.safe_load(PATH.read_text())


@pytest.fixture(scope="module")
def ours(compose):
    """Services that run our own image."""
    return {name: service for name, service in compose["services"].items() if "build" in service}


def test_it_is_valid(compose):
    jsonschema.Draft202012Validator.check_schema(SCHEMA)
    jsonschema.validate(compose, SCHEMA)


@pytest.mark.parametrize(
    ("path", "value"),
    [(("services", "postgres", "image"), "postgres"), (("services", "postgres", "imgae"), "x:1"), (("servces",), {}),
     (("services", "postgres", "restart"), "sometimes"), (("services", "migrate", "depends_on", "postgres"), {})],
)  # fmt: skip
def test_the_schema_can_refuse(compose, path, value):
    broken = yaml.safe_load(PATH.read_text())
    place = broken
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, SCHEMA)


def test_everything_that_is_named_exists(compose):
    for service in compose["services"].values():
        assert set(service.get("depends_on", {})) <= set(compose["services"])
        assert set(service.get("secrets", [])) <= set(compose["secrets"])
        for volume in service.get("volumes", []):
            source = volume.split(":")[0]
            assert source.startswith(".") or source in compose["volumes"]


def test_ports_are_bound_to_this_machine(compose):
    ports = [port for service in compose["services"].values() for port in service.get("ports", [])]
    assert ports
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_no_password_has_a_default_and_nobody_is_trusted(compose):
    text = PATH.read_text()
    assert not re.search(r"PASSWORD\w*:\s*[^/\s$]", text)
    assert not re.search(r"\$\{\w*PASSWORD\w*:?-", text)
    assert "trust" not in text
    assert compose["secrets"] == {"db_password": {"environment": "NESANNOT_DB_PASSWORD"}}
    for service in compose["services"].values():
        assert "@" not in str(service["environment"].get("NESANNOT_DATABASE_URL", "")).partition("@")[2]
        assert (
            ":"
            not in str(service["environment"].get("NESANNOT_DATABASE_URL", "x")).partition("://")[2].partition("@")[0]
        )


def test_our_image_runs_as_an_ordinary_user_on_a_read_only_root(ours):
    assert set(ours) == {"migrate", "worker", "scheduler", "nesannot"}
    for service in ours.values():
        assert service["user"] == "10001"
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        lines = service["build"]["dockerfile_inline"].splitlines()
        assert lines[0].startswith("FROM python:3.11")
        assert "USER 10001" in lines
        assert lines.index("USER 10001") < next(i for i, line in enumerate(lines) if line.startswith("ENTRYPOINT"))


def test_our_image_has_a_compiler_and_can_take_torch_for_cpus(ours):
    for service in ours.values():
        lines = service["build"]["dockerfile_inline"].splitlines()
        compiler = next(i for i, line in enumerate(lines) if re.search(r"apt-get install .*\bgcc libc6-dev\b", line))
        install = next(i for i, line in enumerate(lines) if "pip install" in line)
        assert compiler < install < lines.index("USER 10001")
        argument = lines.index("ARG PIP_EXTRA_INDEX_URL")
        assert compiler < argument < install, "pip reads the variable of that name"
        assert service["build"]["args"] == {"PIP_EXTRA_INDEX_URL": "${PIP_EXTRA_INDEX_URL:-}"}


def test_dollar_signs_meant_for_the_shell_are_doubled(ours):
    for service in ours.values():
        assert not re.search(r"(?<!\$)\$(?![{$])", service["build"]["dockerfile_inline"])


def test_nothing_starts_before_the_database_answers_and_is_migrated(compose):
    services = compose["services"]
    assert services["postgres"]["healthcheck"]["test"][1] == "pg_isready"
    assert services["migrate"]["depends_on"] == {"postgres": {"condition": "service_healthy"}}
    assert services["migrate"]["command"] == ["db", "upgrade"]
    for name in ("worker", "scheduler", "nesannot"):
        assert services[name]["depends_on"] == {"migrate": {"condition": "service_completed_successfully"}}


def test_workers_live_on_and_have_time_to_give_back(compose):
    for name in ("worker", "scheduler"):
        service = compose["services"][name]
        assert service["restart"] == "unless-stopped"
        assert int(service["stop_grace_period"].removesuffix("s")) > 10
    assert set(compose["services"]["scheduler"]["environment"]) - set(compose["services"]["worker"]["environment"]) == {
        "NESANNOT_REANNOTATE_SCHEDULE"
    }
