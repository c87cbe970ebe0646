"""What is served: 15 context and 15 candidate features with two million ids in all."""

SIZES = {
    "context": {
        "user_id": 600_000, "household_id": 150_000, "last_item_id": 150_000,
        "city": 20_000, "device_model": 20_000, "network": 20_000, "referrer": 20_000,
        "app_version": 2_500, "os_build": 2_500, "language": 2_500, "hour_of_week": 2_500,
        "placement": 2_500, "age_group": 2_500, "session_depth": 2_500, "days_since_visit": 2_500,
    },
    "candidate": {
        "item_id": 600_000, "author_id": 150_000, "creative_id": 150_000,
        "topic": 20_000, "brand": 20_000, "music_id": 20_000, "place": 20_000,
        "category": 2_500, "subcategory": 2_500, "seconds": 2_500, "age_hours": 2_500,
        "price_step": 2_500, "quality": 2_500, "spoken_language": 2_500, "position": 2_500,
    },
}  # fmt: skip
"""Distinct ids of each feature, by scope."""
ALL_SIZES = {**SIZES["context"], **SIZES["candidate"]}
TEXT_FROM = 20_000
"""Features of at least so many ids are spelt as text, the smaller ones are whole numbers."""


def is_text(feature: str) -> bool:
    """Whether the ids of a feature are text."""
    return ALL_SIZES[feature] >= TEXT_FROM


def spelt(feature: str, number: int) -> str | int:
    """An id as a client writes it."""
    return f"{feature[:2]}{number:07d}" if is_text(feature) else number
