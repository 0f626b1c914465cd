"""Image rendering with Pillow: each card is a frozen dataclass plus a draw() function that returns PNG bytes."""
