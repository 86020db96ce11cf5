"""Captured steps without a GPU: what replays a step calls it again, as a graph would."""

import gc
import io
import logging

import pytest
import torch

from harness.search.oneshot import bilevel
from harness.search.oneshot.descent import ChoiceDescent
from harness.testing.searching import read_back
from harness.testing.toy_problem import Toy
from harness.training import capture
from harness.training.capture import WARMUP_CALLS, CapturedStep, describe_precision, make_recorder
from harness.training.optimizers import make_sgd, restore, set_rate
from methods.darts import Darts
from methods.proxylessnas import ProxylessNas


class Replays:
    """Counts, and records a call by calling it again: reads and writes the same tensors."""

    def __init__(self, fault=None):
        self.fault = fault
        self.warmed = self.recorded = self.replayed = 0

    def warm_up(self, run):
        self.warmed += 1
        run()

    def record(self, run):
        self.recorded += 1
        if self.fault is not None:
            raise self.fault

        def replay():
            self.replayed += 1
            run()

        return replay


def adder():
    """Return a total and the function that adds a batch's sum to it, in place."""
    total = torch.zeros(())

    def add(batch):
        total.add_(batch.sum())

    return total, add


def test_a_step_is_recorded_after_its_warm_up_and_then_repeated_on_static_batches():
    recorder, (total, add) = Replays(), adder()
    step = CapturedStep(add, recorder, "step")
    for value in range(WARMUP_CALLS + 3):
        assert step.is_captured is (value > WARMUP_CALLS)
        step(torch.full((4,), float(value)))
    assert total == 4 * sum(range(WARMUP_CALLS + 3))
    assert (recorder.warmed, recorder.recorded, recorder.replayed) == (WARMUP_CALLS, 1, 3)


def test_a_smaller_last_batch_runs_eagerly_and_leaves_the_recording_alone():
    recorder, (total, add) = Replays(), adder()
    step = CapturedStep(add, recorder, "step")
    for size in [4] * (WARMUP_CALLS + 1) + [3, 4, 3, 4]:
        step(torch.ones(size))
    assert total == 4 * (WARMUP_CALLS + 3) + 6
    assert (recorder.recorded, recorder.replayed) == (1, 3)


def test_a_resumed_search_that_begins_with_a_small_batch_records_the_usual_one():
    recorder, (_, add) = Replays(), adder()
    step = CapturedStep(add, recorder, "step")
    step(torch.ones(3))
    for _ in range(WARMUP_CALLS + 1):
        step(torch.ones(4))
    assert step.is_captured
    step(torch.ones(3))
    assert recorder.replayed == 1


def test_a_failing_recording_is_said_once_and_the_step_runs_eagerly(caplog):
    recorder, (total, add) = Replays(RuntimeError("it waits for the host\nlong story")), adder()
    step = CapturedStep(add, recorder, "weight step")
    with caplog.at_level(logging.WARNING):
        for _ in range(WARMUP_CALLS + 5):
            step(torch.ones(4))
    assert [r.getMessage() for r in caplog.records] == [
        "The weight step runs eagerly: it cannot be captured (it waits for the host)."
    ]
    assert total == 4 * (WARMUP_CALLS + 5)
    assert recorder.recorded == 1 and not step.is_captured


def test_garbage_is_collected_before_a_recording_and_not_within():
    class Graph:
        freed = 0

        def __init__(self):
            self.itself = self

        def __del__(self):
            Graph.freed += 1

    Graph()
    with capture.uncollected():
        assert Graph.freed == 1 and not gc.isenabled()
    assert gc.isenabled()


def test_the_first_error_of_a_chain_is_told(caplog):
    recorder, (_, add) = Replays(RuntimeError("broken")), adder()
    recorder.fault.__context__ = RuntimeError("it read a value")
    step = CapturedStep(add, recorder, "step")
    for _ in range(WARMUP_CALLS + 1):
        step(torch.ones(4))
    assert "(it read a value)" in caplog.text


def test_a_forgotten_step_is_recorded_again():
    recorder, (_, add) = Replays(), adder()
    step = CapturedStep(add, recorder, "step")
    for _ in range(2):
        for _ in range(WARMUP_CALLS + 1):
            step(torch.ones(4))
        step.forget()
    assert recorder.recorded == 2 and not step.is_captured


def test_a_processor_records_nothing():
    assert make_recorder("cpu", None) is None
    assert describe_precision(torch.device("cpu")) == "fp32"


def test_a_gpu_records_where_there_are_enough_steps(monkeypatch):
    monkeypatch.setattr(capture, "CudaRecorder", lambda device: device)
    assert make_recorder("cuda", capture.WORTHWHILE_STEPS - 1) is None
    assert make_recorder("cuda", capture.WORTHWHILE_STEPS) == torch.device("cuda")
    assert make_recorder("cuda", None) == torch.device("cuda")


@pytest.mark.parametrize("saved_on", [None, "cpu"])
@pytest.mark.parametrize("loaded_on", [None, "cpu"])
def test_an_optimiser_saved_on_one_device_goes_on_on_another(saved_on, loaded_on):
    def make(captured_on):
        weight = torch.nn.Parameter(torch.ones(3))
        rules = {"momentum": 0.9, "weight_decay": 0.1, "nesterov": False}
        return weight, make_sgd([weight], 0.5, captured_on=captured_on, **rules)

    def descend(weight, optimizer):
        weight.grad = torch.tensor([1.0, 2.0, 3.0])
        optimizer.step()

    weight, optimizer = make(saved_on)
    set_rate(optimizer, 0.25)
    descend(weight, optimizer)
    file = io.BytesIO()
    torch.save(optimizer.state_dict(), file)
    file.seek(0)
    other, resumed = make(loaded_on)
    own = resumed.param_groups[0]["lr"]
    restore(resumed, torch.load(file, weights_only=True))
    assert float(resumed.param_groups[0]["lr"]) == 0.25
    if loaded_on is not None:
        assert resumed.param_groups[0]["lr"] is own  # a recording reads it from there
    with torch.no_grad():
        other.copy_(weight)
    descend(weight, optimizer)
    descend(other, resumed)
    torch.testing.assert_close(other, weight)


def test_only_dense_gates_are_captured():
    assert Darts.is_capturable
    assert not ProxylessNas.is_capturable and not bilevel.Bilevel.is_capturable


@pytest.fixture
def recorder(monkeypatch):
    recorder = Replays()
    monkeypatch.setattr(bilevel, "make_recorder", lambda device, steps: recorder)
    # Adam's capturable form exists on accelerators only; its step is the same.
    adam = torch.optim.Adam
    monkeypatch.setattr(torch.optim, "Adam", lambda *a, capturable, **k: adam(*a, **k))
    return recorder


def flat(method):
    tensors = [*method.supernet.state_dict().values(), *method.parameters["alpha"]]
    return torch.cat([tensor.detach().flatten().double() for tensor in tensors])


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("target", [None, 2.0])
def test_a_search_of_captured_steps_is_the_eager_one(monkeypatch, recorder, order, target):
    def search(warmup_calls):
        monkeypatch.setattr(capture, "WARMUP_CALLS", warmup_calls)
        rules = ChoiceDescent(learning_rate=0.1, interval=2)
        method = Darts(Toy(target=target).problem, order=order, choices=rules)
        rows = []
        for _ in range(5):
            method.step()
            method.step()
            rows.append(method.insights())
        return method, rows

    (eager, expected), (captured, found) = search(warmup_calls=99), search(warmup_calls=2)
    assert recorder.replayed > 5
    assert found == expected
    assert torch.equal(flat(captured), flat(eager))
    assert captured.execution()["steps"] == "captured" and eager.execution()["steps"] == "eager"
    captured.steps -= 1  # the rate of the last step
    assert float(captured.rate) == pytest.approx(captured.learning_rate)


@pytest.mark.parametrize("target", [None, 2.0])
def test_captured_steps_on_a_processor_are_todays(monkeypatch, recorder, target):
    captured = Darts(Toy(target=target).problem, order=2)
    for _ in range(8):
        captured.step()
    assert recorder.replayed
    monkeypatch.undo()
    plain = Darts(Toy(target=target).problem, order=2)
    for _ in range(8):
        plain.step()
    torch.testing.assert_close(flat(captured), flat(plain), rtol=1e-4, atol=1e-6)


def test_a_captured_search_resumes(recorder):
    toy, other = Toy(), Toy()
    method, resumed = (Darts(each.problem, order=1) for each in (toy, other))
    for _ in range(5):
        method.step()
    for _ in range(6):
        resumed.step()
    assert resumed.execution()["steps"] == "captured"
    resumed.load_state_dict(read_back(method.state_dict()))
    other.load_state_dict(toy.state_dict())
    for _ in range(5):
        method.step()
        resumed.step()
    assert torch.equal(flat(method), flat(resumed))
