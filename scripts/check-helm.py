"""Run by scripts/check-helm: everything about the chart that can be known without a cluster.

Lint; the schema's keys are the values' keys; for the defaults and each file in ci/: two renders are the same bytes, every
object satisfies the Kubernetes schemas strictly, every pod the restricted profile, the configuration is TOML; and values
that contradict each other are refused.
"""

import json
import pathlib
import subprocess
import sys

import kubernetes_validate
import yaml

try:
    import tomllib
except ImportError:  # before Python 3.11
    tomllib = None

HELM, CHART = sys.argv[1], pathlib.Path(sys.argv[2])
# Kinds of other projects, whose schemas Kubernetes does not have.
FOREIGN = {"KafkaTopic", "PodMonitor", "PrometheusRule", "ScaledObject"}
# Values that must be refused, and a word of the refusal.
REFUSED = {
    "api.enabled=true": "login",
    "api.enabled=true,api.login.jwksUrl=https://id.example.org/keys": "issuer",
    "consumer.replcas=3": "replcas",
    "consumer.replicas=9": "partitions",
    "consumer.kind=StatefulSet,consumer.autoscaling.mode=keda": "StatefulSet",
    "image.digest=latest": "digest",
    "migrations.mode=sometimes": "mode",
    "objects.secretSettings.azure_access_key=key": "objects.existingSecret",
    "objects.existingSecret=stores,objects.secretSettings.s3_endpoint=key": "s3_endpoint",
    "replay.enabled=true": "replay.args",
    "narrator.enabled=true": "config.narrate.endpoint",
    "replay.enabled=true,replay.args={--id=x}": "args",
}
problems = []


def main():
    for values in [CHART / "values.yaml", *sorted(CHART.glob("ci/*.yaml"))]:
        check_values(values)
    check_schema("values", json.loads((CHART / "values.schema.json").read_text()), load(CHART / "values.yaml"))
    for setting, word in REFUSED.items():
        status, text = helm("template", "x", CHART, "--set", setting)
        expect(status != 0 and word in text, f"--set {setting} is not refused with the word {word}")
    check_replays()
    for problem in problems:
        print(f"check-helm: {problem}", file=sys.stderr)
    print(f"check-helm: {CHART} {'FAILED' if problems else 'passed'} ({helm('version', '--short')[1].strip()})")
    sys.exit(bool(problems))



def check_replays():
    """A lost pod's successor knows the replay by its name; what is pending is looked for anew, which takes no name."""
    for arguments, named in [("{--from=2026-11-05}", True), ("{--pending}", False)]:
        setting = f"replay.enabled=true,replay.args={arguments}"
        status, text = helm("template", "x", CHART, "--set", setting)
        expect(status == 0, f"--set {setting} does not render: {text}")
        expect(("--id=" in text) == named, f"--set {setting}: the Job is {'not ' if named else ''}given --id")

def check_values(values):
    status, text = helm("lint", "--strict", CHART, "--values", values)
    expect(status == 0, f"{values.name}: {text}")
    render = ("template", "release", CHART, "--namespace", "test", "--values", values)
    status, text = helm(*render)
    if not expect(status == 0, f"{values.name}: {text}"):
        return
    expect(helm(*render)[1] == text, f"{values.name}: two renders differ")
    objects = [document for document in yaml.load_all(text, UniqueKeys) if document]
    for item in objects:
        check_object(f"{values.name}: {item['kind']}/{item['metadata']['name']}", item)
    names = [(item["kind"], item["metadata"]["name"]) for item in objects]
    expect(len(names) == len(set(names)), f"{values.name}: an object comes twice")


def check_object(name, item):
    if item["kind"] not in FOREIGN:
        try:
            kubernetes_validate.validate(item, "1.36", strict=True)
        except kubernetes_validate.ValidationError as error:
            problems.append(f"{name}: {'.'.join(map(str, error.path))}: {error.message}")
    if tomllib and "dashloom.toml" in item.get("data", {}):
        tomllib.loads(item["data"]["dashloom.toml"])
    for pod in pods(item):
        check_pod(name, pod)


def check_pod(name, pod):
    """The restricted profile, and what else we promise of every pod."""
    context = pod["securityContext"]
    expect(context["runAsNonRoot"] and context["seccompProfile"]["type"] == "RuntimeDefault", f"{name}: not restricted")
    expect(pod["automountServiceAccountToken"] is False, f"{name}: has a token")
    for container in pod["containers"] + pod.get("initContainers", []):
        own = container["securityContext"]
        confined = own["readOnlyRootFilesystem"] and not own["allowPrivilegeEscalation"]
        expect(confined and own["capabilities"] == {"drop": ["ALL"]}, f"{name}: {container['name']} is not confined")
        env = [variable["name"] for variable in container["env"]]
        expect(len(env) == len(set(env)), f"{name}: an environment variable comes twice")


def pods(item):
    """Every pod spec in an object, however deep."""
    if isinstance(item, dict):
        if "containers" in item:
            yield item
        for member in item.values():
            yield from pods(member)
    elif isinstance(item, list):
        for member in item:
            yield from pods(member)


def check_schema(path, schema, values):
    """Every key the schema knows has a default in values.yaml; the opposite is what lint checks."""
    for key, inner in schema.get("properties", {}).items():
        if expect(key in values, f"{path} lacks {key}, which the schema has") and inner.get("properties"):
            check_schema(f"{path}.{key}", inner, values[key])


class UniqueKeys(yaml.SafeLoader):
    """Refuses mappings that name a key twice."""

    def construct_mapping(self, node, deep=False):
        keys = [key.value for key, _ in node.value]
        expect(len(keys) == len(set(keys)), f"a key comes twice: {node.start_mark}")
        return super().construct_mapping(node, deep)


def load(file):
    return yaml.safe_load(file.read_text())


def helm(*arguments):
    done = subprocess.run([HELM, *map(str, arguments)], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def expect(holds, problem):
    if not holds:
        problems.append(problem)
    return holds


if __name__ == "__main__":
    main()
