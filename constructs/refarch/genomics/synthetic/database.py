"""A snpEff database for a reference of one's own, built on this machine: nothing is downloaded.

`bcftools csq` would do without a database; the post's tool is snpEff, and Debian's builds one from GFF3 offline.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from refarch.genomics.jobs.snpeff_annotate import CONFIG, find_jar

HEAP_MIB = 512


class DatabaseError(RuntimeError):
    """snpEff would not build the database; the text has its own words."""


def build_database(folder: Path, genome: str, *, reference: Path, annotation: Path, heap_mib: int = HEAP_MIB) -> Path:
    """Build `genome` from FASTA and GFF3 into `folder`: snpEff.config and data/<genome>/, as the job wants them.

    Needs Java and snpEff. Raises `DatabaseError`.
    """
    data = folder / "data" / genome
    data.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(reference, data / "sequences.fa")
    shutil.copyfile(annotation, data / "genes.gff")
    (folder / CONFIG).write_text(f"data.dir = ./data\n{genome}.genome : {genome}\n")
    command = ["java", f"-Xmx{heap_mib}m", "-jar", find_jar(), "build", "-c", CONFIG, "-gff3", "-nodownload", "-noLog"]
    command += ["-noCheckCds", "-noCheckProtein", genome]  # there are no protein sequences to check against
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not (data / "snpEffectPredictor.bin").exists():
        raise DatabaseError(f"snpEff could not build {genome!r}: {(done.stderr or done.stdout)[-1000:]}")
    for source in ("sequences.fa", "genes.gff"):
        (data / source).unlink()  # the job needs the binary files only
    return folder
