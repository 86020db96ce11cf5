"""What only a GPU can show: captured steps are the eager ones, and a search resumes from them.

The largest differences are printed: ``pytest -m gpu -s tests/gpu``.
"""

import functools
import io
import logging
import sys

import pytest
import torch
from torch.nn.functional import cross_entropy

from harness.api import Gates, Scale, TaskShape
from harness.execution.environment import rng_state, set_rng_state
from harness.networks.fused.wide_layers import has_kernels
from harness.search.oneshot.descent import ChoiceDescent
from harness.spaces.darts import Darts as DartsSpace
from harness.tools import bench_captured
from harness.tools.bench_captured import Setting, open_search, open_training
from harness.training import capture
from harness.training.capture import CapturedStep, CudaRecorder
from methods.darts import Darts

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device"),
]

SETTING = Setting(DartsSpace(), TaskShape((3, 32, 32), 10), Scale(8, 5), 32, "cuda:0")
SMALL = Setting(DartsSpace(), TaskShape((3, 32, 32), 10), Scale(8, 3), 32, "cuda:0")


def search(order, steps, setting=SETTING):
    rules = ChoiceDescent(learning_rate=3e-3)
    return advance(open_search(setting, Darts, "captured", order=order, choices=rules), steps)


def train(steps):
    return advance(open_training(SETTING, Scale(8, 8, auxiliary=True), "captured"), steps)


def advance(work, steps):
    for _ in range(steps):
        work.step()
    return work


def flat(tensors):
    return torch.cat([tensor.detach().flatten().double() for tensor in tensors])


def weights_of(work):
    network = work.supernet if isinstance(work, Darts) else work.network
    return flat(network.parameters())


def tell(line):
    """Print a measured number; ``-s`` shows it."""
    sys.stdout.write(line + "\n")


def distance(one, other):
    return float((one - other).norm() / other.norm())


@pytest.fixture
def eagerly(monkeypatch):
    """Return what runs a function with the same optimisers and schedules, but no recording."""

    def run(function):
        with monkeypatch.context() as patch:
            patch.setattr(capture, "WARMUP_CALLS", 10**9)
            return function()

    return run


@pytest.fixture
def in_double(monkeypatch):
    """Compute in double precision, where rounding stays small over many steps."""

    class Double:
        def __init__(self, stream):
            self.stream = stream

        def __getattr__(self, name):
            return getattr(self.stream, name)

        def next(self):
            images, targets = self.stream.next()
            return images.double(), targets

    plain = bench_captured.open_stream
    monkeypatch.setattr(bench_captured, "open_stream", lambda *a: Double(plain(*a)))
    # PyTorch loads Adam's count of steps in single precision, and would begin it in double.
    adam = sys.modules[torch.optim.Adam.__module__]
    monkeypatch.setattr(adam, "_get_scalar_dtype", lambda *a, **k: torch.float32)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize(("order", "steps"), [(1, 50), (2, 20)])
def test_a_captured_search_is_the_eager_one(eagerly, in_double, order, steps):
    setting = SETTING if order == 1 else SMALL
    eager = eagerly(lambda: search(order, steps, setting))
    captured = search(order, steps, setting)
    assert captured.execution()["steps"] == "captured"
    assert captured.execution()["implementation"] == "wide"
    found = distance(weights_of(captured), weights_of(eager))
    alphas = float((flat(captured._flat()) - flat(eager._flat())).abs().max())
    tell(f"\norder {order}, {steps} steps in float64: weights {found:.1e}, alpha {alphas:.1e}")
    assert captured.incumbent() == eager.incumbent()
    assert found < 1e-6 and alphas < 1e-6


def test_a_captured_training_is_the_eager_one(eagerly, in_double):
    """Two eager ones differ, too: gradients of convolutions are summed up in any order."""
    eager, again, captured = eagerly(lambda: train(16)), eagerly(lambda: train(16)), train(16)
    assert captured.describe()["steps"] == "captured"
    noise = distance(weights_of(again), weights_of(eager))
    found = distance(weights_of(captured), weights_of(eager))
    tell(f"\ntraining, 16 steps in float64: weights {found:.1e}, eager twice {noise:.1e}")
    assert found < 1e-9


def test_in_single_precision_two_eager_searches_differ_as_much(eagerly):
    eager, again = (eagerly(lambda: search(1, 30)) for _ in range(2))
    captured = search(1, 30)
    noise = distance(weights_of(again), weights_of(eager))
    found = distance(weights_of(captured), weights_of(eager))
    tell(f"\norder 1, 30 steps in float32: weights {found:.1e}, eager twice {noise:.1e}")
    assert found < max(10 * noise, 1e-6)


@pytest.mark.parametrize("kind", ["search", "training"])
def test_a_captured_job_resumes(in_double, kind):
    begin = functools.partial(search, 1) if kind == "search" else train
    through, begun = begin(0), begin(0)
    advance(through, 30)
    file = io.BytesIO()
    streams = ("train", "validation") if kind == "search" else ("stream",)
    state = {"work": through.state_dict(), "random": rng_state("cuda:0")}
    state["streams"] = [getattr(through, name).state_dict() for name in streams]
    torch.save(state, file)
    advance(through, 20)
    file.seek(0)
    saved = torch.load(file, weights_only=True, map_location="cpu")
    advance(begun, 6)
    begun.load_state_dict(saved["work"])
    for name, place in zip(streams, saved["streams"], strict=True):
        getattr(begun, name).load_state_dict(place)
    set_rng_state(saved["random"], "cuda:0")
    advance(begun, 20)
    found = distance(weights_of(begun), weights_of(through))
    tell(f"\n{kind}, resumed after 30 of 50 steps, in float64: weights {found:.1e}")
    assert found < 1e-6
    if kind == "search":
        assert begun.incumbent() == through.incumbent()


def test_a_step_that_waits_for_the_host_runs_eagerly_and_random_numbers_go_on(caplog):
    weight = torch.zeros(4, device="cuda:0")

    def add(batch):
        weight.add_(torch.rand(4, device="cuda:0") + batch)
        if float(weight.sum()) < 0:
            weight.zero_()

    step = CapturedStep(add, CudaRecorder(torch.device("cuda:0")), "step")
    with caplog.at_level(logging.WARNING):
        for _ in range(capture.WARMUP_CALLS + 3):
            step(torch.ones(4, device="cuda:0"))
    assert [record.getMessage()[:23] for record in caplog.records] == ["The step runs eagerly: "]
    assert not step.is_captured
    assert float(weight.mean()) > capture.WARMUP_CALLS + 3
    captured = train(10)  # another step can still be captured
    assert captured.describe()["steps"] == "captured"


@pytest.mark.parametrize("implementation", ["fused", "wide"])
def test_implementations_agree_in_double_precision(implementation):
    found = []
    for name in ("plain", implementation):
        torch.manual_seed(0)
        network = DartsSpace().supernet(SETTING.shape, Scale(4, 4)).double()
        network.implementation = name
        images = torch.randn(8, 3, 32, 32, dtype=torch.float64).cuda()
        gates = [torch.rand(8, dtype=torch.float64).cuda().requires_grad_() for _ in range(28)]
        loss = cross_entropy(network.cuda()(images, Gates(gates)), torch.arange(8).cuda())
        found.append(flat(torch.autograd.grad(loss, [*gates, *network.parameters()])))
    assert distance(found[1], found[0]) < 1e-9


def test_kernels_are_as_exact_as_single_precision_is(monkeypatch):
    monkeypatch.setattr(torch.backends.cudnn, "allow_tf32", False)
    found = []
    for kind, name in ((torch.float64, "plain"), (torch.float32, "plain"), (torch.float32, "wide")):
        torch.manual_seed(0)
        network = DartsSpace().supernet(SETTING.shape, Scale(16, 4)).to("cuda:0", kind)
        network.implementation = name
        images = torch.randn(32, 3, 32, 32).to("cuda:0", kind)
        gates = [torch.rand(8).to("cuda:0", kind).requires_grad_() for _ in range(28)]
        loss = cross_entropy(network(images, Gates(gates)), (torch.arange(32) % 10).cuda())
        buffers = [buffer.double() for buffer in network.buffers()]
        found.append(
            (flat(torch.autograd.grad(loss, [*gates, *network.parameters()])), flat(buffers))
        )
    assert has_kernels(torch.ones(1, device="cuda:0"))
    for exact, plain, wide in zip(*found, strict=True):
        tell(
            f"\nfrom float64: plain {distance(plain, exact):.1e}, wide {distance(wide, exact):.1e}"
        )
        assert distance(wide, exact) < max(3 * distance(plain, exact), 1e-6)


def test_the_first_captured_step_in_single_precision_is_the_eager_one(eagerly):
    """A race between streams would show here: kernels and their order of sums are the same."""

    def begin():
        return weights_of(search(1, capture.WARMUP_CALLS + 1))

    eager, again, captured = eagerly(begin), eagerly(begin), begin()
    found, noise = distance(captured, eager), distance(again, eager)
    tell(f"\nfirst captured step in float32: weights {found:.1e}, eager twice {noise:.1e}")
    assert found < max(10 * noise, 1e-6)


def test_steps_are_timed_with_their_kernels():
    small = Setting(DartsSpace(), TaskShape((3, 16, 16), 10), Scale(4, 3), 8, "cuda:0")
    rows = list(bench_captured.time_steps(small, [Scale(4, 3)], 2, lambda text: None))
    assert {row.mode for row in rows} == {"eager", "captured"}
    assert all(row.kernels and row.kernel_seconds and row.peak_bytes for row in rows)
