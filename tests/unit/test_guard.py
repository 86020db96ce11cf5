"""A foreign package of our packages' names is refused with the folder that it is in."""

import sys

import pytest

from harness.errors import ShadowedPackageError
from harness.guard import check_siblings


@pytest.mark.parametrize("form", ["methods.py", "methods/__init__.py", "methods/other.py"])
def test_the_folder_that_is_told_is_that_of_the_foreign_package(tmp_path, monkeypatch, form):
    (tmp_path / form).parent.mkdir(exist_ok=True)
    (tmp_path / form).write_text("")
    monkeypatch.delitem(sys.modules, "methods", raising=False)
    monkeypatch.setattr(sys, "path", [str(tmp_path)])
    monkeypatch.setattr(
        sys, "meta_path", [one for one in sys.meta_path if "editable" not in str(one)]
    )
    with pytest.raises(ShadowedPackageError, match=f"found it in {tmp_path}\\."):
        check_siblings()


def test_ours_are_found():
    check_siblings()
