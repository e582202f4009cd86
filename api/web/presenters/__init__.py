"""The words of the pages, made from rows and the present moment, without a database or web framework."""
