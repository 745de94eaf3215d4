"""Many calls at one press: a table becomes rows, each row an ordinary call with its note before it goes."""
