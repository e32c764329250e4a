"""What runs of Genomics need in a rehearsal: a reference, a database, samples, and one scratch folder for all jobs."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from refarch.genomics.synthetic import Dataset
from refarch.local import LocalCloud
from rehearsals.genomics_runs import DeployedGenomics, Ended
from rehearsals.stage import CHECKOUT, IMAGES


@dataclass(frozen=True)
class Laboratory:
    """A deployed stack with a reference, a database, and samples to run."""

    genomics: DeployedGenomics
    data: Dataset
    reference: str
    database: str
    scratch: Path

    @classmethod
    def equipped(cls, genomics: DeployedGenomics, data: Dataset, database: Path) -> Laboratory:
        """Everything is uploaded, and all jobs have one scratch folder, as on an instance."""
        reference = genomics.upload(data.reference, "reference/demo.fa")
        genomics.upload(data.reference_index, "reference/demo.fa.fai")
        for name, sample in data.samples.items():
            genomics.upload(sample.fastq1, f"fastq/{name}_1.fastq.gz")
            genomics.upload(sample.fastq2, f"fastq/{name}_2.fastq.gz")
        place = genomics.upload_folder(database, "database")
        return cls(genomics, data, reference, place, _shared_scratch(genomics.cloud, data.folder / "scratch"))

    def document(self, sample: str, **changes: Any) -> dict[str, Any]:
        """The input for a sample, in the shape of the posts."""
        reads = f"{self.genomics.inputs}/fastq/{sample}"
        found = {
            "sampleId": sample,
            "fastq1S3Path": f"{reads}_1.fastq.gz",
            "fastq2S3Path": f"{reads}_2.fastq.gz",
            "referenceS3Path": self.reference,
            "resultsS3Path": f"{self.genomics.results}/runs",
            "workingDir": "/scratch",
            "snpEff": {"cmdArgs": " demo ", "databaseS3Path": self.database},
        }
        return {**found, **changes}

    def second_shape(self, sample: str) -> dict[str, Any]:
        """The input for a sample, in the shape of the second generation; paths that follow from others are left out."""
        reads, folder = f"{self.genomics.inputs}/fastq/{sample}", f"{self.genomics.results}/runs/{sample}"
        return {
            "isaac": {
                "JobName": "isaac1",
                "FastQ1S3Path": f"{reads}_1.fastq.gz",
                "FastQ2S3Path": f"{reads}_2.fastq.gz",
                "BAMS3FolderPath": f"{folder}/bam",
                "ReferenceS3Path": self.reference,
            },
            "strelka": {"ReferenceS3Path": self.reference, "VCFS3Path": f"{folder}/vcf"},
            "samtools": {"ReferenceS3Path": self.reference, "BAMStatsS3Path": f"{folder}/bam/sorted.bam.stats"},
            "snpeff": {
                "AnnotatedVCFS3Path": f"{folder}/vcf/variants.anno.vcf",
                "CommandArgs": " demo ",
                "DatabaseS3Path": self.database,
            },
        }

    def run(self, sample: str, **changes: Any) -> Ended:
        return self.genomics.run(self.document(sample, **changes))

    def truncated(self, sample: str) -> str:
        """The URI of a file of reads that was cut off."""
        return self._put(self._cut(sample), f"fastq/{sample}_1.cut.fastq.gz")

    def reads_as(self, name: str, sample: str, *, broken: bool) -> tuple[str, str]:
        """The URIs of a sample's reads under another name, the first file cut off if `broken`."""
        files = self.data.samples[sample]
        first = self._cut(sample) if broken else files.fastq1.read_bytes()
        return (
            self._put(first, f"fastq/{name}_1.fastq.gz"),
            self._put(files.fastq2.read_bytes(), f"fastq/{name}_2.fastq.gz"),
        )

    def _cut(self, sample: str) -> bytes:
        body = self.data.samples[sample].fastq1.read_bytes()
        return body[: len(body) // 2]

    def _put(self, body: bytes, key: str) -> str:
        self.genomics.s3.put_object(Bucket=self.genomics.outputs["InputBucketName"], Key=key, Body=body)
        return f"{self.genomics.inputs}/{key}"


def _shared_scratch(cloud: LocalCloud, folder: Path) -> Path:
    """A folder that is /scratch of every genomics job from now on (in the registry that is looked at first)."""
    folder.mkdir()
    entries = tomllib.loads((CHECKOUT / IMAGES).read_text())["image"]
    lines = [
        f'[[image]]\nmatch = "{entry["match"]}"\nentrypoint = {json.dumps(entry["entrypoint"])}\n'
        f'mounts = {{ "/scratch" = "{folder}" }}\n'
        for entry in entries
        if entry["match"].startswith("refarch-genomics/")
    ]
    (cloud.folder.path.parent / "images.toml").write_text("\n".join(lines))
    return folder
