"""From a line of a module to its cell, and back, also in what other tools print."""
