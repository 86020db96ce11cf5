"""A classifier goes on only where the classes are the same: tasks are compared, not numbers."""

import pytest

from harness.execution.search_job import _are_same_classes
from harness.results.spec import TaskData
from harness.tasks.c10 import C10
from harness.tasks.c100 import C100


def opened(task, **given):
    params = {"images": 1.0, "classes": None, "proxy_seed": 0, **given}
    return TaskData(name=task.name, params=params, fingerprint="0"), task(**params)


@pytest.mark.parametrize(
    ("source", "is_same"),
    [
        (opened(C10), True),
        (opened(C10, images=0.1, proxy_seed=3), True),
        (opened(C10, classes=5), False),
        (opened(C100), False),
        (opened(C100, classes=10), False),  # as many, but others
    ],
)
def test_a_proxy_of_fewer_images_has_the_same_classes_and_another_task_never(source, is_same):
    assert _are_same_classes(source, opened(C10)) is is_same
