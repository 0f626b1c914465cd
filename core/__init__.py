"""Words that every room shares: ids, errors, settings, the clock and the languages."""
