"""What SQL does, and which database a folder uses."""
