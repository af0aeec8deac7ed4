"""Reading and writing tables in files: CSV in the encodings people have, and spreadsheets."""
