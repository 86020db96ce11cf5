"""The fused implementation of the super-network of DARTS cells: the same numbers in fewer steps."""

from harness.networks.fused.fused_supernet import FusedCellSupernet, Implementation

__all__ = ["FusedCellSupernet", "Implementation"]
