"""What the shop of the demo sells."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Product:
    """A product and its price in cents, so that no sum is ever rounded."""

    sku: str
    cents: int


# Each category with its products; a category is also something to be interested in.
GOODS: dict[str, tuple[Product, ...]] = {
    "Hiking": (
        Product("HIK-110", 14_990), Product("HIK-120", 8_995), Product("HIK-130", 3_490),
        Product("HIK-140", 1_995), Product("HIK-150", 5_950), Product("HIK-160", 2_450),
    ),
    "Camping": (
        Product("CMP-210", 32_900), Product("CMP-220", 11_995), Product("CMP-230", 4_990),
        Product("CMP-240", 2_795), Product("CMP-250", 7_450),
    ),
    "Climbing": (
        Product("CLB-310", 12_900), Product("CLB-320", 6_995), Product("CLB-330", 1_890),
        Product("CLB-340", 17_450), Product("CLB-350", 990),
    ),
    "Cycling": (
        Product("CYC-410", 18_900), Product("CYC-420", 7_990), Product("CYC-430", 2_995),
        Product("CYC-440", 1_450), Product("CYC-450", 5_495),
    ),
    "Running": (
        Product("RUN-510", 13_495), Product("RUN-520", 4_995), Product("RUN-530", 2_990),
        Product("RUN-540", 1_290), Product("RUN-550", 6_450),
    ),
    "Winter": (
        Product("WIN-610", 24_900), Product("WIN-620", 9_990), Product("WIN-630", 4_450),
        Product("WIN-640", 2_190), Product("WIN-650", 15_995),
    ),
}  # fmt: skip

CATEGORIES: tuple[str, ...] = tuple(GOODS)
