"""The words of pages: the reader's language, and what things, codes, figures, files and errors are called in it."""
