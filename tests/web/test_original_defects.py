"""The ten defects of the template that the post started from, each with the tests that fail when it comes back."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]
_STORY = "web/test_lamp_server.py::test_a_site_that_is_written_restarted_replaced_and_rotated"
_STEPS, _TEMPLATE, _DATA = "web/test_failing_steps.py::", "unit/web/test_lamp_server.py::", "web/test_user_data.py::"

# Defect: (what it was, the tests).
PROOFS = {
    1: (
        "a failing set-up ended before its signal, and CloudFormation waited 15 minutes",
        (
            f"{_STEPS}test_a_step_that_fails_is_signalled",
            f"{_STEPS}test_a_database_that_cannot_start_is_signalled_with_its_own_words",
            f"{_DATA}test_what_fails_before_the_set_up_runs_is_signalled",
        ),
    ),
    2: (
        "changed metadata never reached the instance",
        (f"{_TEMPLATE}test_the_data_outlive_the_instance_and_the_stack", _STORY),
    ),
    3: (
        "a changed password failed or never reached the database, and wp-config.php was overwritten",
        (_STORY,),
    ),
    4: ("every site had the same salts", (_STORY, "web/test_wordpress_files.py::test_salts_are_fresh_and_strong")),
    5: (
        "passwords in metadata, files and command lines; only letters and digits were allowed",
        (_STORY, f"{_TEMPLATE}test_no_secret_is_in_the_template"),
    ),
    6: (
        "an unpinned download without a checksum; a site that could not update itself",
        (
            f"{_STEPS}test_a_step_that_fails_is_signalled",
            f"{_TEMPLATE}test_everything_that_is_wrong_is_said_at_once",
            "web/test_wordpress_files.py::test_the_site_may_update_itself",
        ),
    ),
    7: (
        "open to the world, SSH included, in a default VPC",
        (
            f"{_TEMPLATE}test_nobody_but_cloudfront_reaches_the_server",
            f"{_TEMPLATE}test_everything_that_is_wrong_is_said_at_once",
        ),
    ),
    8: (
        "no HTTPS, and whoever came first became the administrator",
        (_STORY, f"{_TEMPLATE}test_nobody_but_cloudfront_reaches_the_server"),
    ),
    9: (
        "database and uploads on the root volume, without a backup",
        (_STORY, f"{_TEMPLATE}test_the_data_outlive_the_instance_and_the_stack"),
    ),
    10: (
        "hard-coded images and software at its end",
        (
            f"{_TEMPLATE}test_the_architecture_is_the_instance_types",
            "web/test_packages.py::test_what_has_a_version_is_still_supported",
        ),
    ),
}


@pytest.mark.parametrize("defect", range(1, 11))
def test_every_defect_has_its_tests(defect: int) -> None:
    what, proofs = PROOFS[defect]
    assert what
    for proof in proofs:
        file, _, name = proof.partition("::")
        functions = {
            node.name for node in ast.parse((TESTS / file).read_text()).body if isinstance(node, ast.FunctionDef)
        }
        assert name in functions, proof
