"""`literate watch`: it compiles and tests a project while somebody edits it."""
