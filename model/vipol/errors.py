"""What a user is told who has chosen a model that cannot be used."""


class ModelError(RuntimeError):
    """A model that cannot be loaded; the message says what is missing and what to do."""
