"""c100: CIFAR-100 (Krizhevsky, 2009): photographs of 100 kinds of things, 32x32 pixels.

Means and deviations are the ones widely used for this set; the official DARTS code has none for it.
"""

from harness.tasks._cifar import CifarTask
from harness.tasks._cifar_files import CIFAR_100


class C100(CifarTask):
    """CIFAR-100: 500 training and 100 test images of each class in the full set.

    Args:
        images: Share of every class's training images that is kept (a proxy).
        classes: How many classes are kept, with all their images (a proxy); None keeps all 100.
        proxy_seed: Decides which images and which classes are kept.
    """

    name = "c100"
    benchmark = "cifar100"
    cifar = CIFAR_100
    mean = (0.5071, 0.4865, 0.4409)
    deviation = (0.2673, 0.2564, 0.2762)
