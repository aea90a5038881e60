"""The narrowest credential that does a declared job, ready to issue."""
