"""What pages say: rows and the present moment become words, with no database and no web framework in sight."""
