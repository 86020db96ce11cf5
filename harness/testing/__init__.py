"""Contract checks for every kind of plugin, shipped for plugin authors."""
