"""The logistic function."""

from __future__ import annotations

import math


def logistic(logit: float) -> float:
    """1 / (1 + e^-logit), without overflow at either end."""
    return 1 / (1 + math.exp(-logit)) if logit >= 0 else math.exp(logit) / (1 + math.exp(logit))
