"""c10: CIFAR-10 (Krizhevsky, 2009): photographs of 10 kinds of things, 32x32 pixels.

Means and deviations are those of the official DARTS code.
"""

from harness.tasks._cifar import CifarTask
from harness.tasks._cifar_files import CIFAR_10


class C10(CifarTask):
    """CIFAR-10: 5,000 training and 1,000 test images of each class in the full set.

    Args:
        images: Share of every class's training images that is kept (a proxy).
        classes: How many classes are kept, with all their images (a proxy); None keeps all 10.
        proxy_seed: Decides which images and which classes are kept.
    """

    name = "c10"
    benchmark = "cifar10"
    cifar = CIFAR_10
    mean = (0.49139968, 0.48215827, 0.44653124)
    deviation = (0.24703233, 0.24348505, 0.26158768)
