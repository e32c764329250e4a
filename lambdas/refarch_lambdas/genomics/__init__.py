"""The pure parts of the genomics pipeline: inputs, sample sheets, plans and the quality gate."""
