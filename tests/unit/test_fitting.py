import io
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn.functional import cross_entropy

from harness.api import Augmentation, AugmentationLimits, Examples, Recipe, TaskShape
from harness.training.accuracy import accuracy, predict
from harness.training.data import BatchStream, DeviceData
from harness.training.fitting import Fit

RECIPE = Recipe(
    channels=4,
    cells=1,
    epochs=4,
    batch_size=8,
    learning_rate=0.1,
    final_learning_rate=0.01,
    momentum=0.9,
    nesterov=False,
    weight_decay=1e-3,
    gradient_clip=5,
    label_smoothing=0.1,
    auxiliary_weight=0,
    drop_path=0.2,
    augmentation=Augmentation(crop_padding=1, flip=True, cutout=2),
)


class TinyNetwork(nn.Module):
    """Batch normalisation, random drops and an auxiliary head: all that a state must cover."""

    def __init__(self, *, auxiliary=False):
        super().__init__()
        self.body = nn.Sequential(nn.Conv2d(1, 4, 3), nn.BatchNorm2d(4), nn.ReLU(), nn.Flatten())
        self.classifier = nn.Linear(64, 3)
        self.auxiliary = nn.Linear(64, 3) if auxiliary else None
        self.drop_path = 0.0

    def forward(self, images):
        features = self.body(images)
        if self.training and self.auxiliary is not None:
            return self.classifier(features), self.auxiliary(features)
        return self.classifier(features)


def device_data():
    rng = np.random.default_rng(0)
    labels = np.arange(30) % 3
    images = rng.integers(80, size=(30, 1, 6, 6)) + 80 * labels[:, None, None, None]
    limits = AugmentationLimits(flip=True, crop_padding=4, cutout=8)
    shape = TaskShape((1, 6, 6), 3)
    task = SimpleNamespace(shape=shape, mean=(0.5,), deviation=(0.3,), limits=limits)
    return DeviceData(Examples(images.astype(np.uint8), labels, labels[:, None]), None, task)


def fit(recipe=RECIPE, *, loss=cross_entropy, network_seed=0, epochs=None, **network):
    torch.manual_seed(network_seed)
    source = BatchStream(
        device_data(), recipe.batch_size, augmentation=recipe.augmentation, seed=network_seed
    )
    return Fit(TinyNetwork(**network), recipe, source, loss, epochs=epochs)


def run(training, steps):
    for _ in range(steps):
        training.step()
    return training


def weights(training):
    return torch.cat([p.detach().flatten() for p in training.network.state_dict().values()])


def test_a_recipe_trains_a_network():
    training = fit()
    assert (training.epoch_steps, training.steps) == (4, 16)
    run(training, training.steps)
    assert training.step_count == 16
    assert training.examples == 120
    data = training.stream.data
    assert accuracy(predict(training.network, data), data.labels) > 90
    assert training.report()["train_accuracy"] > 50


def test_candidates_bring_their_own_number_of_epochs():
    training = fit(epochs=2)
    assert training.steps == 8
    run(training, 5)
    assert training.optimizer.param_groups[0]["lr"] == pytest.approx(0.055)


@pytest.mark.parametrize("done", [0, 3, 4, 9])
def test_a_fit_resumed_half_way_equals_an_uninterrupted_one(done):
    training = run(fit(auxiliary=True), done)
    file = io.BytesIO()
    torch.save(training.state_dict(), file)
    run(training, 16 - done)
    file.seek(0)
    resumed = fit(auxiliary=True, network_seed=5)
    resumed.load_state_dict(torch.load(file, weights_only=True))
    run(resumed, 16 - done)
    assert torch.equal(weights(resumed), weights(training))
    assert resumed.network.drop_path == training.network.drop_path
    assert resumed.report() == training.report()
    assert resumed.step_count == training.step_count == 16


def test_a_state_is_not_changed_by_later_reports():
    training = run(fit(), 3)
    sums = training.state_dict()["sums"].clone()
    state = training.state_dict()
    training.report()
    assert torch.equal(state["sums"], sums)


def test_the_optimizer_follows_the_cosine_and_the_network_the_drop_path():
    training = fit()
    rates, probabilities = [], []
    for _ in range(training.steps):
        training.step()
        rates.append(training.optimizer.param_groups[0]["lr"])
        probabilities.append(training.network.drop_path)
    expected = [0.01 + 0.045 * (1 + math.cos(math.pi * epoch / 4)) for epoch in range(4)]
    assert rates == pytest.approx(np.repeat(expected, 4))
    assert probabilities == pytest.approx(np.repeat([0, 0.05, 0.1, 0.15], 4))


def test_one_step_equals_sgd_by_hand():
    recipe = RECIPE.model_copy(update={"gradient_clip": 0.01, "auxiliary_weight": 0.4})
    training, reference = fit(recipe, auxiliary=True), fit(recipe, auxiliary=True)
    images, targets = reference.stream.next()
    network = reference.network
    logits, auxiliary = network.train()(images)
    loss = cross_entropy(logits, targets, label_smoothing=0.1)
    (loss + 0.4 * cross_entropy(auxiliary, targets, label_smoothing=0.1)).backward()
    norm = torch.cat([p.grad.flatten() for p in network.parameters()]).norm()
    assert norm > 0.01
    training.step()
    for new, old in zip(training.network.parameters(), network.parameters(), strict=True):
        clipped = old.grad * 0.01 / norm + 1e-3 * old
        torch.testing.assert_close(new, old - 0.1 * clipped, atol=1e-7, rtol=1e-5)


def test_a_clip_of_zero_does_not_clip():
    free = run(fit(RECIPE.model_copy(update={"gradient_clip": 0})), 1)
    wide = run(fit(RECIPE.model_copy(update={"gradient_clip": 1e9})), 1)
    torch.testing.assert_close(weights(free), weights(wide))


def test_a_report_covers_the_steps_since_the_last_one():
    losses = []

    def remember(logits, targets, *, label_smoothing):
        loss = cross_entropy(logits, targets)
        losses.append((loss.detach(), len(targets)))
        return loss

    training = fit(loss=remember)
    for steps in (4, 3):
        losses.clear()
        run(training, steps)
        expected = sum(float(loss) * count for loss, count in losses)
        expected /= sum(count for _, count in losses)
        assert training.report()["loss"] == pytest.approx(expected, rel=1e-6)
    assert math.isnan(training.report()["loss"])


def test_divergence_is_a_finding_and_not_an_error():
    def explode(logits, targets, *, label_smoothing):
        return cross_entropy(logits, targets) * math.inf

    training = run(fit(loss=explode), 3)
    training.report()  # a report between may not hide what happened
    run(training, 1)
    assert training.diverged
    seen = training.examples
    run(training, 12)
    assert training.examples == seen
    assert training.step_count == training.steps
    assert math.isnan(training.report()["loss"])
    data = training.stream.data
    assert math.isnan(accuracy(predict(training.network, data), data.labels))


def test_prediction_is_in_order_in_evaluation_mode_and_leaves_the_mode_alone():
    training = run(fit(), 4)
    network, data = training.network, training.stream.data
    before = weights(training)
    logits = predict(network, data, batch_size=7)
    assert network.training
    assert torch.equal(weights(training), before)
    expected = network.eval()(data.slice(0, len(data))[0])
    torch.testing.assert_close(logits, expected.detach())
    predict(network, data)
    assert not network.training


def test_accuracy_is_in_percent_and_nan_for_nan():
    logits = torch.tensor([[0.0, 1.0], [1.0, 0.0], [0.0, 2.0], [3.0, 0.0]])
    labels = torch.tensor([1, 0, 0, 0])
    assert accuracy(logits, labels) == 75
    logits[0, 0] = math.nan
    assert math.isnan(accuracy(logits, labels))


def test_a_short_epoch_ends_early_and_the_next_one_goes_on_with_other_examples():
    short = fit(RECIPE.model_copy(update={"epoch_examples": 12}))  # of 30
    assert (short.epoch_steps, short.steps) == (2, 8)  # whole batches of 8
    rates = []
    for _ in range(short.steps):
        short.step()
        rates.append(short.optimizer.param_groups[0]["lr"])
    assert rates[0] == rates[1] > rates[2] and len(set(rates)) == 4  # the schedule counts epochs
    assert short.examples == 30 + 30  # four short epochs: eight batches, two passes over the data


def test_a_short_epoch_is_never_longer_than_a_whole_one():
    assert fit(RECIPE.model_copy(update={"epoch_examples": 1000})).epoch_steps == 4


class CountingRecorder:
    """Replays a step by taking it again, as a graph would."""

    def __init__(self):
        self.replayed = 0

    def warm_up(self, run):
        run()

    def record(self, run):
        def replay():
            self.replayed += 1
            run()

        return replay


def recorded_fit(monkeypatch, **network):
    recorder = CountingRecorder()
    monkeypatch.setattr("harness.training.fitting.make_recorder", lambda device, steps: recorder)
    return fit(**network), recorder


def test_a_fit_of_captured_steps_is_the_eager_one(monkeypatch):
    eager = run(fit(auxiliary=True), 16)
    captured, recorder = recorded_fit(monkeypatch, auxiliary=True)
    run(captured, 16)
    assert recorder.replayed == 9  # of 12 whole batches; the first three warm up
    assert captured.diverged is False
    torch.testing.assert_close(weights(captured), weights(eager))
    assert captured.report() == pytest.approx(eager.report())
    assert captured.describe()["steps"] == "captured" and eager.describe()["steps"] == "eager"


@pytest.mark.parametrize("done", [2, 7, 9])
def test_a_captured_fit_resumes(monkeypatch, done):
    training, _ = recorded_fit(monkeypatch, auxiliary=True)
    run(training, done)
    file = io.BytesIO()
    torch.save(training.state_dict(), file)
    run(training, 16 - done)
    resumed, _ = recorded_fit(monkeypatch, auxiliary=True, network_seed=5)
    run(resumed, 6)  # captured by now: what was recorded must not outlive the loading
    file.seek(0)
    resumed.load_state_dict(torch.load(file, weights_only=True))
    run(resumed, 16 - done)
    torch.testing.assert_close(weights(resumed), weights(training))


def test_drop_path_is_a_tensor_where_steps_are_captured(monkeypatch):
    training, _ = recorded_fit(monkeypatch)
    probability = training.network.drop_path
    run(training, 5)
    assert isinstance(training.network.drop_path, torch.Tensor)
    assert float(training.network.drop_path) == pytest.approx(0.05)
    assert probability == 0.0
