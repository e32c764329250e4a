"""The data set's text formats. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from refarch.genomics.synthetic.genome import Chromosome, Gene
from refarch.genomics.synthetic.variants import Variant

WIDTH = 60


def fasta(genome: Sequence[Chromosome]) -> str:
    return "".join(f">{each.name}\n{_wrapped(each.sequence)}" for each in genome)


def _wrapped(sequence: str) -> str:
    return "".join(sequence[at : at + WIDTH] + "\n" for at in range(0, len(sequence), WIDTH))


def fasta_index(genome: Sequence[Chromosome]) -> str:
    """A `.fai`: name, length, offset of the first base, bases a line, bytes a line."""
    rows, offset = [], 0
    for each in genome:
        offset += len(each.name) + 2
        rows.append(f"{each.name}\t{len(each.sequence)}\t{offset}\t{WIDTH}\t{WIDTH + 1}\n")
        offset += len(_wrapped(each.sequence))
    return "".join(rows)


def gff(genome: Sequence[Chromosome]) -> str:
    """GFF3 as Ensembl writes it, which is what `bcftools csq` wants; snpEff takes it as well."""
    rows = [row for each in genome for gene in each.genes for row in _gene_rows(each.name, gene)]
    return "##gff-version 3\n" + "".join(rows)


def _gene_rows(chromosome: str, gene: Gene) -> list[str]:
    start, end, transcript = gene.exons[0][0] + 1, gene.exons[-1][1], f"{gene.name}.1"
    biotype = "biotype=protein_coding"
    rows = [
        ("gene", start, end, ".", f"ID=gene:{gene.name};Name={gene.name};{biotype}"),
        ("mRNA", start, end, ".", f"ID=transcript:{transcript};Parent=gene:{gene.name};{biotype}"),
    ]
    for number, (first, last) in enumerate(gene.exons, 1):
        rows.append(("exon", first + 1, last, ".", f"ID=exon:{transcript}.{number};Parent=transcript:{transcript}"))
        rows.append(("CDS", first + 1, last, "0", f"ID=CDS:{transcript};Parent=transcript:{transcript}"))
    return [f"{chromosome}\tsynthetic\t{kind}\t{a}\t{b}\t.\t+\t{phase}\t{more}\n" for kind, a, b, phase, more in rows]


def vcf(genome: Sequence[Chromosome], variants: Sequence[Variant], sample: str) -> str:
    """The truth, in the order of the reference."""
    contigs = "".join(f"##contig=<ID={each.name},length={len(each.sequence)}>\n" for each in genome)
    genotype = '##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n'
    head = f"##fileformat=VCFv4.2\n{contigs}{genotype}#CHROM\tPOS\tID\tREF\tALT\tQUAL\tFILTER\tINFO\tFORMAT\t{sample}\n"
    return head + "".join(
        f"{each.chromosome}\t{each.position}\t.\t{each.reference}\t{each.alternative}\t.\tPASS\t.\tGT\t"
        f"{'1/1' if each.copies == 2 else '0/1'}\n"
        for each in variants
    )
