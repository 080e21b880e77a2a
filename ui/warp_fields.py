"""The fields of a warp, as the Train page and the Explore page have them."""

from collections.abc import Mapping
from typing import Any

import streamlit as st

from digitcore.augment import Warp

# field: label, least, most, step, help
WARPS = {
    "rotation": ("Rotation, degrees", 0.0, 45.0, 1.0, "Turned to either side."),
    "shear": ("Shear, degrees", 0.0, 45.0, 1.0, "Slanted to either side."),
    "scale": ("Scale", 0.5, 1.5, 0.05, "Smallest and largest factor of size."),
    "shift": ("Shift", 0.0, 0.3, 0.01, "Share of the side, to each side, in both directions."),
    "elastic": ("Elastic bending, pixels", 0.0, 3.0, 0.1, "Typical bending of the strokes."),
    "thickness": ("Thickness, pixels", 0.0, 1.0, 0.05,
                  "Strokes up to so much thicker or thinner on each side."),
    "cover": ("Covered square, pixels", 0.0, 14.0, 1.0,
              "Longest side of a square of background laid on the digit anywhere."),
    "noise": ("Noise, share of full ink", 0.0, 0.6, 0.05,
              "Largest standard deviation of what is added to each pixel."),
    "perspective": ("Perspective", 0.0, 0.6, 0.1, "How far the corners are pulled inwards."),
    "perspective_p": ("Share with perspective", 0.0, 1.0, 0.1, "Of the digits that get it."),
}  # fmt: skip
LIMITS = {name: (low, high) for name, (_, low, high, *_) in WARPS.items()}


def warp_slider(name: str, label: str, default: Any, key: str, **more: Any) -> Any:
    """The slider of a field, whose value travels in the address under its key."""
    _, low, high, step, words = WARPS[name]
    return st.slider(label, low, high, default, step, "%g", help=words, key=key,
                     bind="query-params", **more)  # fmt: skip


def as_fields(how: Warp) -> dict[str, Any]:
    """A warp as the sliders have it; what lies beyond their limits comes as near as it can."""
    near = {name: within(getattr(how, name), LIMITS[name]) for name in WARPS}
    return {name: near[name] if name == "scale" else float(near[name]) for name in WARPS}


def within(value: Any, limits: tuple) -> Any:
    """A number, or each of several, as near as it can come to within the limits."""
    low, high = limits
    if isinstance(value, tuple):
        return tuple(within(part, limits) for part in value)
    return min(max(value, low), high)


def as_warp(fields: Mapping[str, Any]) -> Warp:
    """What the sliders say; an address may have a scale's ends the other way."""
    return Warp(**{**fields, "scale": tuple(sorted(fields["scale"]))})
