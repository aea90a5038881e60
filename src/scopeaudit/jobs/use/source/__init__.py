"""Files of source code taken apart, before anything is known of whom they ask."""
