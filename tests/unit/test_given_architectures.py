"""Given architectures: how they are written, which space they belong to, and what is planned."""

import gzip
import json

import pytest

from harness.config.architectures import find_published, read_architectures, read_published
from harness.config.experiment import load_experiment, make_experiment
from harness.errors import ConfigError, HarnessError, UnknownNameError
from harness.notation.genotype import parse_genotype
from harness.planning.given import find_space
from harness.planning.options import read_experiment
from harness.planning.plan import make_plan
from harness.planning.resolve import resolve_experiment
from harness.spaces.darts import Darts
from harness.spaces.mbconv_chain import MbconvChain
from tests.integration.tiny import PROTOCOL, experiment

CELL = "|nor_conv_3x3~0|+|skip_connect~0|none~1|+|none~0|none~1|avg_pool_3x3~2|"
TEXTS = {
    "darts": find_published("DARTS_V1").text,
    "nb201": CELL,
    "mobile": "[0,0,0,0,1] [1,0,1,1,1] [1,1,1,0,1] [2,0,1,0,1] [2,2,1,3,1]",
    "mbconv_chain": find_published("ProxylessNAS_mobile").text,
}
FOREIGN = {"NASNet", "AmoebaNet"}
# Where the text is of a file that the reference data do not have.
ELSEWHERE = {"PDARTS": "fairdarts/PDARTS", "PC_DARTS": "pcdarts/PC_DARTS_cifar"}


def given(*entries, **changes):
    document = experiment(methods=[], arms=["given"], architectures=list(entries))
    return make_experiment({**document, **changes})


def plan(*entries, **changes):
    return make_plan(resolve_experiment(given(*entries, **changes)))


def test_a_file_has_one_architecture_a_line_with_or_without_a_name(tmp_path):
    first, second = TEXTS["darts"], find_published("PDARTS").text
    file = tmp_path / "cells.txt"
    file.write_text(f"\ufeff# mine\n\n{first}\n  mine.2 = {second}  \npublished:PC_DARTS\n")
    found = read_architectures("cells.txt", tmp_path)
    assert [(one["name"], one["text"], one["origin"]) for one in found] == [
        ("architecture-1", first, "cells.txt, line 3"),
        ("mine.2", second, "cells.txt, line 4"),
        ("PC_DARTS", find_published("PC_DARTS").text, find_published("PC_DARTS").origin),
    ]
    (tmp_path / "given.yaml").write_text(
        json.dumps(experiment(methods=[], arms=["given"], architectures="cells.txt"))
    )
    assert [one.name for one in load_experiment(tmp_path / "given.yaml").architectures] == [
        "architecture-1",
        "mine.2",
        "PC_DARTS",
    ]


@pytest.mark.parametrize("name", read_published())
def test_every_published_architecture_is_the_authors(name, reference):
    one, text = read_published()[name], find_published(name).text
    if name.startswith("ProxylessNAS"):
        document = json.loads(
            (reference / "proxylessnas" / "proxyless_imagenet_archs.json").read_text()
        )
        blocks = document[name.replace("ProxylessNAS", "proxyless")]["blocks"][1:]
        labels = [b["op"] if b["op"] == "zero" else f"{b['kernel']}e{b['expand']}" for b in blocks]
        assert text.replace("|", "").split() == labels
        MbconvChain().from_text(text)
        return
    with gzip.open(reference / "darts_space" / "genotypes.json.gz") as file:
        records = {record["id"]: record for record in json.load(file)}
    ids = [key for key in records if key.endswith(f"/{name}")] or [ELSEWHERE[name]]
    record = records[ELSEWHERE.get(name, ids[0])]
    if name not in ELSEWHERE:
        assert (record["source"], record["commit"]) == (one.repository, one.commit)
    fields = ("normal", "normal_concat", "reduce", "reduce_concat")
    cells = ", ".join(f"{field}={_tuples(record[field])}" for field in fields)
    assert parse_genotype(text) == parse_genotype(f"Genotype({cells})")
    if name not in FOREIGN:
        Darts().from_text(text)


def _tuples(entries):
    return [tuple(entry) if isinstance(entry, list) else entry for entry in entries]


@pytest.mark.parametrize("space", TEXTS)
def test_the_space_is_that_of_the_notation(space):
    assert find_space(read_architectures([TEXTS[space]], None)) == space
    options = {"architectures": [TEXTS[space]], "protocol": "quick"}
    found = read_experiment(None, None, None, "d100", options, [])
    assert (found.space.name, found.name) == (space, f"d100-{space}-quick")
    assert found.arms == ("given", "random")


@pytest.mark.parametrize("name", sorted(FOREIGN))
def test_cells_of_five_nodes_are_refused_and_say_why(name):
    with pytest.raises(ConfigError, match=f"architecture {name} .*5 nodes; a DARTS cell has 4"):
        resolve_experiment(given(f"published:{name}"))


@pytest.mark.parametrize(
    ("entries", "complaint"),
    [
        (["published:DARTS_V3"], "published architecture is called 'DARTS_V3'. Did you mean DARTS"),
        (["a = Genotype(", CELL], r"architecture a \(entry 1\), read as one of the space darts"),
        ([TEXTS["darts"], CELL], r"architecture architecture-2 \(entry 2\), read as one of"),
        (["published:PDARTS,PDARTS"], r"architecture PDARTS .* has the name of another"),
        ([f"a = {TEXTS['darts']}", f"b = {TEXTS['darts']}"], r"a and b \(entry 2\) are the same"),
        ([f"random = {TEXTS['darts']}"], "architecture random .* has the name of an arm"),
        (["published:"], "published architecture is called ''"),
        ([7], "architectures.0 7: expected a mapping"),
        ([], "neither methods nor architectures"),
    ],
)
def test_what_is_wrong_with_architectures_is_one_line(entries, complaint):
    with pytest.raises(HarnessError, match=complaint) as refusal:
        resolve_experiment(given(*entries))
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (None, "cells.txt cannot be read: No such file"),
        (b"", "cells.txt holds no architecture; write one a line"),
        (b"# nothing\n\n", "cells.txt holds no architecture"),
        (b"\xff\xfe\x00", "cells.txt is no text in UTF-8"),
    ],
)
def test_a_file_without_architectures_is_refused(tmp_path, content, complaint):
    if content is not None:
        (tmp_path / "cells.txt").write_bytes(content)
    with pytest.raises(ConfigError, match=complaint):
        read_architectures("cells.txt", tmp_path)


def test_a_published_name_in_place_of_a_file_is_told_from_it(tmp_path):
    with pytest.raises(ConfigError, match=r"Did you mean published:DARTS_V2,PDARTS\?"):
        read_architectures("DARTS_V2,PDARTS", tmp_path)
    with pytest.raises(UnknownNameError, match="Did you mean PDARTS"):
        find_published("P-DARTS")


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"arms": ["random"]}, "architectures are given, which needs the arm given"),
        ({"arms": ["given", "direct"]}, "the arm direct needs a method"),
        ({"architectures": [], "methods": ["darts"]}, "the arm given needs architectures"),
    ],
)
def test_arms_and_what_they_train_belong_together(changes, complaint):
    with pytest.raises(ConfigError, match=complaint):
        given("published:PDARTS", **changes)


def test_without_a_search_the_source_may_be_left_out_and_is_not_opened():
    found = given("published:PDARTS", pairs=[{"target": "d100"}])
    assert found.pairs[0].source.name == "d100"
    named = plan("published:PDARTS", pairs=[{"source": "c10", "target": "d100"}])  # no such data
    assert {job.spec.task.name for job in named.jobs} == {"d100"}


def test_each_seed_and_repetition_is_a_training_on_each_target():
    pairs = [
        {"source": source, "target": target}
        for source, target in (("d10", "d100"), ("d100", "d10"), ("c10", "d100"))
    ]
    changes = {"pairs": pairs, "seeds": [0, 1], "train_seeds": 2, "arms": ["given", "random"]}
    protocol = {**PROTOCOL, "random_architectures": 3}
    found = plan("published:PDARTS,DARTS_V1", **changes, protocol=protocol)
    arms = [row for row in found.arms if row.arm == "given"]
    assert len(arms) == len({row.train for row in arms}) == 2 * 2 * 2 * 2
    assert len(found.jobs) == len(arms) + 2 * 3
    assert all((row.source, row.searches) == ("", ()) for row in arms)
    names = {job.job: job.name for job in found.jobs}
    assert names[arms[-1].train] == "train-d10-DARTS_V1-s1-r1"


def test_the_arm_source_trains_given_architectures_on_the_source():
    pairs = [{"source": "d10", "target": "d100"}]
    found = plan("published:PDARTS", pairs=pairs, arms=["source", "given"])
    tasks = {job.job: job.spec.task.name for job in found.jobs}
    assert {row.arm: tasks[row.train] for row in found.arms} == {"source": "d10", "given": "d100"}


def test_another_name_or_notation_does_not_change_a_job():
    reordered = find_published("PDARTS").text.replace("range(2, 6)", "[2, 3, 4, 5]")
    entries = ("published:PDARTS", f"found at last: {reordered}")
    (first,), (second,) = (plan(entry, pairs=[{"target": "d100"}]).jobs for entry in entries)
    assert first.job == second.job and first.name != second.name
