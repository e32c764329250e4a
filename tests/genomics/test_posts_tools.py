"""Isaac and Strelka are in no Debian: stand-ins write down how they were called and leave files as the tools do.

What this cannot show is that the real ones accept these words; the words are those of the original, and of the manuals.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

pytestmark = pytest.mark.rehearsal

RECORDER = """#!{python}
import json, os, pathlib, sys
pathlib.Path({note!r}).open("a").write(json.dumps([os.path.basename(sys.argv[0]), *sys.argv[1:]]) + "\\n")
"""
ISAAC = """
out = pathlib.Path(sys.argv[sys.argv.index("-o") + 1], "Projects/default/default")
out.mkdir(parents=True)
(out / "sorted.bam").write_bytes(b"bam"); (out / "sorted.bam.bai").write_bytes(b"bai")
pathlib.Path({note!r} + ".xml").write_text(pathlib.Path(sys.argv[sys.argv.index("-r") + 1]).read_text())
"""
CONFIGURE = """
run = pathlib.Path(sys.argv[sys.argv.index("--runDir") + 1])
run.mkdir()
workflow = run / "runWorkflow.py"
workflow.write_text({workflow!r}); workflow.chmod(0o755)
"""
WORKFLOW = """
variants = pathlib.Path(sys.argv[0]).parent / "results" / "variants"
variants.mkdir(parents=True)
for name in ("variants.vcf.gz", "variants.vcf.gz.tbi", "genome.S1.vcf.gz"):
    (variants / name).write_bytes(b"x")
(variants / "genome.vcf.gz").symlink_to("genome.S1.vcf.gz")
(variants.parent / "stats").mkdir(); (variants.parent / "stats" / "runStats.tsv").write_bytes(b"x")
"""


class Posts:
    """The posts' tools as stand-ins, and what they were told."""

    def __init__(self, folder: Path, python: str) -> None:
        self.note = folder / "note"
        head = RECORDER.format(python=python, note=str(self.note))
        programs = {
            "isaac-align": head + ISAAC.format(note=str(self.note)),
            "configureStrelkaGermlineWorkflow.py": head + CONFIGURE.format(workflow=head + WORKFLOW),
        }
        (folder / "bin").mkdir()
        for name, text in programs.items():
            (folder / "bin" / name).write_text(text)
            (folder / "bin" / name).chmod(0o755)
        self.environment = {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}"}

    def calls(self, folder_of: str) -> list[list[str]]:
        """The calls, with FOLDER for the job's private folder."""
        found = [json.loads(line) for line in self.note.read_text().splitlines()]
        private = found[0][found[0].index(folder_of) + 1]
        return [[word.replace(private, "FOLDER") for word in call] for call in found]


@pytest.fixture
def posts(tmp_path: Path, bench: Any) -> Posts:
    return Posts(tmp_path, bench.start("bwa_align", "--help").args[0])


CATALOGUE = b"""<SortedReference><Contigs><Contig Position="0">
<File>/scratch/genome.fa</File><File>/data/other/kmers.dat</File></Contig>
<Mask Path="/scratch/masks/0.dat"/></Contigs></SortedReference>"""


def test_isaac_is_told_its_own_memory_and_threads(bench: Any, posts: Posts) -> None:
    bench.put("isaac/sorted-reference.xml", CATALOGUE)
    bench.put("isaac/genome.fa", b">chr1\nACGT\n")
    flags = bench.align(
        f"{bench.results}/bam/", reference_s3_path=bench.uri("isaac/"), cmd_args=" --keep-duplicates 1 "
    )
    environment = posts.environment | {"REFARCH_VCPUS": "32", "REFARCH_MEMORY_MIB": "80000"}
    ended = bench.run("isaac_align", *flags, **environment)
    assert (ended.code, bench.left_behind()) == (0, []), ended
    expected = "isaac-align -r FOLDER/reference/sorted-reference.xml -b FOLDER/fastq --base-calls-format fastq-gz"
    expected += " -o FOLDER -m 76 -j 32 --keep-duplicates 1"
    assert posts.calls("-o") == [expected.split()]
    assert bench.keys(f"{bench.results}/bam") == ["sorted.bam", "sorted.bam.bai"]
    told = Path(f"{posts.note}.xml").read_text()
    assert "/scratch/" not in told.replace(str(bench.scratch), "")
    assert told.count("/reference/") == 3


@pytest.mark.parametrize(("flags", "gib"), [([], "15"), (["--memory", "12"], "12")])
def test_isaac_in_a_smaller_job_uses_less(bench: Any, posts: Posts, flags: list[str], gib: str) -> None:
    bench.put("isaac/sorted-reference.xml", CATALOGUE)
    given = bench.align(f"{bench.results}/bam/", reference_s3_path=bench.uri("isaac"))
    environment = posts.environment | {"REFARCH_VCPUS": "8", "REFARCH_MEMORY_MIB": "16000"}
    assert bench.run("isaac_align", *given, *flags, **environment).code == 0
    (call,) = posts.calls("-o")
    assert call[call.index("-m") + 1] == gib
    assert call[call.index("-j") + 1] == "8"


def test_a_folder_that_isaac_cannot_use(bench: Any, posts: Posts) -> None:
    bench.put("plain/genome.fa", b">chr1\nACGT\n")
    given = bench.align(f"{bench.results}/bam/", reference_s3_path=bench.uri("plain/"))
    ended = bench.run("isaac_align", *given, **posts.environment)
    assert (ended.code, posts.note.exists()) == (3, False)
    assert "no sorted-reference.xml in it" in ended.reason


def test_strelka_is_configured_and_run(bench: Any, posts: Posts, aligned: str) -> None:
    environment = posts.environment | {"REFARCH_VCPUS": "32", "REFARCH_MEMORY_MIB": "32000"}
    ended = bench.run(
        "strelka_germline", *bench.call(f"{bench.results}/vcf", aligned, cmd_args=" --exome "), **environment
    )
    assert (ended.code, bench.left_behind()) == (0, []), ended
    calls = [json.loads(line) for line in posts.note.read_text().splitlines()]
    private = str(Path(calls[0][calls[0].index("--bam") + 1]).parent)
    configure = "configureStrelkaGermlineWorkflow.py --bam FOLDER/sorted.bam --referenceFasta FOLDER/reference.fa"
    assert [" ".join(call).replace(private, "FOLDER") for call in calls] == [
        f"{configure} --runDir FOLDER/strelka --exome",
        "runWorkflow.py -m local -j 32 -g 30",
    ]
    assert sorted(bench.keys(f"{bench.results}/vcf")) == [
        "stats/runStats.tsv",
        "variants/genome.S1.vcf.gz",
        "variants/genome.vcf.gz",
        "variants/variants.vcf.gz",
        "variants/variants.vcf.gz.tbi",
    ]


def test_the_main_result_goes_last(bench: Any, posts: Posts, aligned: str) -> None:
    """So that a job that is stopped while it uploads never looks finished."""
    ended = bench.run("strelka_germline", *bench.call(f"{bench.results}/vcf", aligned), **posts.environment)
    stored = [line.split("storing ")[1].split(" ")[0] for line in ended.output.splitlines() if "storing" in line]
    assert stored[-1] == f"{bench.results}/vcf/variants/variants.vcf.gz"
    assert len(stored) == 5
