"""Finding by a picture: what pictures look like, as vectors, and the products whose pictures look like a photograph."""
