"""What goes in and out, one aggregate a file. Field names are the tables' own."""
