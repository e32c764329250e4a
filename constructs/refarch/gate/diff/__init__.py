"""The semantic diff: what a change of a template does to what is deployed, by meaning.

diff = compare(parse(old_text, "old.json"), parse(new_text, "new.json"))
diff["Table"].verdict      # Verdict.DATA_LOSS_REPLACE
"""

from refarch.gate.diff.engine import StackDiff, compare, compare_all
from refarch.gate.diff.findings import RULES, findings_of
from refarch.gate.diff.verdicts import Change, Verdict

__all__ = ["RULES", "Change", "StackDiff", "Verdict", "compare", "compare_all", "findings_of"]
