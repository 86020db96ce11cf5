"""The table that the package holds has the numbers of the reference file, to the last bit."""

import numpy as np
import pytest

from harness.api import NB201_TABLE, Nb201File, find_nb201
from harness.evaluators._nb201_table import CELLS, Table
from harness.notation.nb201_file import KNOWN_MD5, PACKED
from harness.notation.nb201_pack import NUMBERS, PLAIN, pack


@pytest.fixture(scope="module")
def packed():
    return Nb201File(PACKED)


@pytest.fixture(scope="module")
def original(reference):
    return Nb201File(reference / "nasbench201" / NB201_TABLE)


@pytest.mark.parametrize("name", [*PLAIN, *NUMBERS])
def test_every_array_is_the_reference_files(packed, original, name):
    is_number = name in NUMBERS
    np.testing.assert_array_equal(packed[name], original[name])
    assert packed[name].dtype == (np.float64 if is_number else original[name].dtype)


def test_the_script_makes_what_is_committed(original):
    with np.load(PACKED, allow_pickle=False) as committed:
        made = pack(original)
        assert set(committed.files) == set(made)
        for name, values in made.items():
            np.testing.assert_array_equal(committed[name], values)


def test_numbers_of_more_digits_are_not_packed(original):
    original = Nb201File(original.path)
    original._arrays["cifar10_e12_test"] = original["cifar10_e12_test"] / 3
    with pytest.raises(ValueError, match="cifar10_e12_test has numbers of more than six decimals"):
        pack(original)


def test_it_counts_as_the_file_it_was_made_from(packed):
    assert packed.md5 == KNOWN_MD5[NB201_TABLE]
    table = Table(PACKED)
    assert table.is_whole and table.notices() == []
    assert len(table.rows) == CELLS


def test_best_cells_are_the_published_optima(packed):
    for data, best in (("cifar10", 94.3733), ("cifar100", 73.5133), ("imagenet16_120", 47.3111)):
        assert packed[f"{data}_e200_test"].max() == pytest.approx(best, abs=1e-4)


def test_a_table_in_the_data_folder_wins(tmp_path, monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    assert find_nb201() == PACKED
    (tmp_path / "nasbench201").mkdir()
    own = tmp_path / "nasbench201" / NB201_TABLE
    np.savez(own, ops=np.arange(6))
    assert find_nb201() == own
    assert Nb201File(own).md5 != KNOWN_MD5[NB201_TABLE]
