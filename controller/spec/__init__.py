"""The language of specs: loading with positions, typed models, the values that the rest works with."""
