"""Knowledge as data: `rules/` read, checked, compiled and cached."""
